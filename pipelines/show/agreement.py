"""What `agree` says: one table for fixed designs, one for sequential designs, more when asked for."""

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
    "1st yes": "share of items whose first answer calls for a second (choices: yes; scales: above the lowest point)",
    "2nd yes": "share of the second answers that do so too, where a second was asked; and so on",
    "alpha": "an estimate for two raters who both answer every item, if raters and follow-ups were chosen by chance",
}
FURTHER = (
    *("fleiss", "fleiss_items", "cohen", "cohen_quadratic", "spearman", "kendall", "n_pairs"),
    *("icc", "icc_k", "cronbach", "ac1", "ac2"),
)


def agreed(results: Sequence[Agreed], categories: bool = False, everything: bool = False) -> None:
    """How far raters agree on each question."""
    if not results:
        print(
            "no answers by such raters yet; fetch them with emocurate pull, or bring a table: emocurate answers import"
        )
        print("other raters count with --by, such as --by model")
        return
    fixed = [result for result in results if result.found.staged is None]
    early = [result for result in results if result.found.staged is not None]
    if fixed:
        columns = [*PLACE, "measure", "items", "answers", "raw", "alpha", "95 %", "AC", "ceiling", "reliable"]
        print_table("Agreement", columns, [*map(_fixed_row, fixed), *_means(fixed)], LEGEND)
    if early:
        _show_staged(early)
    if everything:
        rows = [[*_place(result), *(getattr(result.found, name) for name in FURTHER)] for result in fixed]
        print_table("Further coefficients", [*PLACE, *FURTHER], rows)
    if categories:
        _show_categories(fixed)
    _say_refusals(results)
    imported = all(result.media == "items" for result in results)
    say("Next: emocurate labels FILE.parquet" if imported else "Next: emocurate export")


def _place(result: Agreed) -> list[Any]:
    return [result.scheme, result.media, result.question]


def _fixed_row(result: Agreed) -> list[Any]:
    found = result.found
    chance_corrected = found.ac1 if found.ac1 is not None else found.ac2
    figures = [found.raw, found.alpha, _interval(found.intervals.get("alpha")), chance_corrected, found.ceiling]
    return [*_place(result), found.measure, found.n_items, found.n_answers, *figures, _yes(result.reliable)]


def _means(results: Sequence[Agreed]) -> list[list[Any]]:
    """A row per scheme, medium and measure that several questions share: the means over them, as papers give them."""
    apart: dict[tuple[str, str, str], list[Agreed]] = {}
    for result in results:
        apart.setdefault((result.scheme, result.media, result.found.measure), []).append(result)
    rows: list[list[Any]] = []
    for (scheme, media, measure), shared in apart.items():
        if len(shared) > 1:
            columns = zip(*(_fixed_row(result)[6:11] for result in shared), strict=True)
            raw, alpha, _, chance_corrected, ceiling = (_mean(column) for column in columns)
            figures = [raw, alpha, None, chance_corrected, ceiling, None]
            rows.append([scheme, media, f"(mean of {len(shared)})", measure, None, None, *figures])
    return rows


def _mean(values: Sequence[Any]) -> float | None:
    numbers = [value for value in values if isinstance(value, float)]
    return sum(numbers) / len(numbers) if numbers else None


def _show_staged(results: Sequence[Agreed]) -> None:
    """Stage by stage, where asking stopped early."""
    places = max(len(result.found.staged.stages) for result in results if result.found.staged)
    names = [f"{place}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(place, 'th') } yes" for place in range(1, places + 1)]
    rows = []
    for result in results:
        found = result.found.staged
        assert found is not None  # noqa: S101 - they were chosen so
        shares = [None if stage.share is None else f"{stage.share:.3f} of {stage.asked:,}" for stage in found.stages]
        shares += [None] * (places - len(shares))
        ends = _interval(found.intervals.get("alpha"))
        rows.append(
            [*_place(result), *shares, found.alpha, ends, _yes(result.reliable), "yes" if found.doubt else None]
        )
    columns = [*PLACE, *names, "alpha", "95 %", "reliable", "doubtful"]
    print_table("Agreement of sequential designs, stage by stage", columns, rows, STAGED)


def _show_categories(results: Sequence[Agreed]) -> None:
    rows = [
        [*_place(result), c.category, c.share, c.raw, c.alpha, c.ac1, _yes(c.category in result.reliable_categories)]
        for result in results
        for c in result.found.categories
    ]
    if rows:
        columns = [*PLACE, "category", "share", "raw", "alpha", "AC1", "reliable"]
        print_table("Categories", columns, rows)


def _say_refusals(results: Sequence[Agreed]) -> None:
    """Why there is no plain alpha, what was left out, and where estimates may not hold: once a scheme."""
    for scheme in dict.fromkeys(result.scheme for result in results if result.found.refused):
        refused = [result for result in results if result.scheme == scheme and result.found.refused]
        say(f"No plain alpha for {len(refused):,} questions of {scheme}: {refused[0].found.refused}")
        if contrasts := sum(result.contrasts for result in refused):
            say(f"  {contrasts:,} answers to contrast questions are left out: they are never followed up")
    doubts = [
        (result.question, result.found.staged.doubt)
        for result in results
        if result.found.staged and result.found.staged.doubt
    ]
    if doubts:
        more = f" and {len(doubts) - 1:,} more" if len(doubts) > 1 else ""
        say(f"  doubtful, so not called reliable: {doubts[0][0]}{more}: {doubts[0][1]}")


def _interval(ends: tuple[float, float] | None) -> str | None:
    return f"{ends[0]:.3f} to {ends[1]:.3f}" if ends else None


def _yes(sure: bool) -> str:
    return "yes" if sure else "no"
