"""What `agree` says: one table for fixed designs, one for those that stopped early, more when asked for."""

from collections.abc import Sequence
from typing import Any

from pipelines.show.terminal import print_table, say
from pipelines.weigh.agree import Agreed

PLACE = ("scheme", "media", "question")
LEGEND = {
    "raw": "share of rater pairs that agree",
    "alpha": "Krippendorff's: 1 is perfect, 0 is what chance gives",
    "AC": "Gwet's AC1 or AC2, which hold where one category is rare",
    "ceiling": "how well one rater predicts the others",
}
STAGED = {
    "1st yes": "share of items whose first answer lets the asking go on (choices: yes; scales: above the lowest point)",
    "2nd yes": "share of the second answers that do so too, where a second was asked; and so on",
    "alpha": "an estimate for two raters who both answer every item, if raters and follow-ups were chosen by chance",
}
FURTHER = (
    *("fleiss", "fleiss_items", "cohen", "cohen_quadratic", "spearman", "kendall", "n_pairs"),
    *("icc", "icc_k", "cronbach", "ac1", "ac2"),
)


def agreed(found: Sequence[Agreed], categories: bool = False, everything: bool = False) -> None:
    """How far raters agree on each question."""
    if not found:
        print(
            "no answers by such raters yet; fetch them with emocurate pull, or bring a table: emocurate answers import"
        )
        print("other raters count with --by, such as --by model")
        return
    fixed, early = ([one for one in found if (one.found.staged is None) == plain] for plain in (True, False))
    if fixed:
        columns = [*PLACE, "measure", "items", "answers", "raw", "alpha", "95 %", "AC", "ceiling", "reliable"]
        print_table("Agreement", columns, [*map(_fixed_row, fixed), *_means(fixed)], LEGEND)
    if early:
        _show_staged(early)
    if everything:
        rows = [[*_place(one), *(getattr(one.found, name) for name in FURTHER)] for one in fixed]
        print_table("Further coefficients", [*PLACE, *FURTHER], rows)
    if categories:
        _show_categories(fixed)
    _say_refusals(found)
    imported = all(one.media == "items" for one in found)
    say("Next: emocurate labels FILE.parquet" if imported else "Next: emocurate export")


def _place(one: Agreed) -> list[Any]:
    return [one.scheme, one.media, one.question]


def _fixed_row(one: Agreed) -> list[Any]:
    told = one.found
    chance_corrected = told.ac1 if told.ac1 is not None else told.ac2
    figures = [told.raw, told.alpha, _interval(told.intervals.get("alpha")), chance_corrected, told.ceiling]
    return [*_place(one), told.measure, told.n_items, told.n_answers, *figures, _yes(one.reliable)]


def _means(found: Sequence[Agreed]) -> list[list[Any]]:
    """A row per scheme, medium and measure that several questions share: the means over them, as papers give them."""
    apart: dict[tuple[str, str, str], list[Agreed]] = {}
    for one in found:
        apart.setdefault((one.scheme, one.media, one.found.measure), []).append(one)
    rows: list[list[Any]] = []
    for (scheme, media, measure), some in apart.items():
        if len(some) > 1:
            columns = zip(*(_fixed_row(one)[6:11] for one in some), strict=True)
            raw, alpha, _, chance_corrected, ceiling = (_mean(column) for column in columns)
            figures = [raw, alpha, None, chance_corrected, ceiling, None]
            rows.append([scheme, media, f"(mean of {len(some)})", measure, None, None, *figures])
    return rows


def _mean(values: Sequence[Any]) -> float | None:
    numbers = [value for value in values if isinstance(value, float)]
    return sum(numbers) / len(numbers) if numbers else None


def _show_staged(found: Sequence[Agreed]) -> None:
    """Stage by stage, where asking stopped early."""
    places = max(len(one.found.staged.stages) for one in found if one.found.staged)
    names = [f"{place}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(place, 'th') } yes" for place in range(1, places + 1)]
    rows = []
    for one in found:
        told = one.found.staged
        assert told is not None  # noqa: S101 - they were chosen so
        shares = [None if each.share is None else f"{each.share:.3f} of {each.asked:,}" for each in told.stages]
        shares += [None] * (places - len(shares))
        ends = _interval(told.intervals.get("alpha"))
        rows.append([*_place(one), *shares, told.alpha, ends, _yes(one.reliable), "yes" if told.doubt else None])
    columns = [*PLACE, *names, "alpha", "95 %", "reliable", "doubtful"]
    print_table("Agreement where asking stopped early, stage by stage", columns, rows, STAGED)


def _show_categories(found: Sequence[Agreed]) -> None:
    rows = [
        [*_place(one), each.category, each.share, each.raw, each.alpha, each.ac1, _yes(sure)]
        for one in found
        for each in one.found.categories
        for sure in [each.category in one.reliable_categories]
    ]
    if rows:
        columns = [*PLACE, "category", "share", "raw", "alpha", "AC1", "reliable"]
        print_table("Categories", columns, rows)


def _say_refusals(found: Sequence[Agreed]) -> None:
    """Why there is no plain alpha, what was left out, and where estimates may not hold: once a scheme."""
    for scheme in dict.fromkeys(one.scheme for one in found if one.found.refused):
        some = [one for one in found if one.scheme == scheme and one.found.refused]
        say(f"No plain alpha for {len(some):,} questions of {scheme}: {some[0].found.refused}")
        if contrasts := sum(one.contrasts for one in some):
            say(f"  {contrasts:,} answers to contrast questions are left out: they are never followed up")
    doubts = [(one.question, one.found.staged.doubt) for one in found if one.found.staged and one.found.staged.doubt]
    if doubts:
        more = f" and {len(doubts) - 1:,} more" if len(doubts) > 1 else ""
        say(f"  doubtful, so not called reliable: {doubts[0][0]}{more}: {doubts[0][1]}")


def _interval(ends: tuple[float, float] | None) -> str | None:
    return f"{ends[0]:.3f} to {ends[1]:.3f}" if ends else None


def _yes(sure: bool) -> str:
    return "yes" if sure else "no"
