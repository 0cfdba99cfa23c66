"""What `agree` says: a table per scheme and measure, folded where questions are many, then what to keep in mind."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from annotate.agreement.notes import BANDS, FEW_RATERS, LOWEST_BAND, TOO_FEW, band
from annotate.agreement.question import Agreement
from annotate.agreement.stages import Staged
from pipelines.show.terminal import print_table, say
from pipelines.weigh.agree import Agreed

FOLDED_FROM = 13  # questions in one table
NAMED = 3  # questions named in a line
EVERY_BAND = (*(name for _, name in BANDS), LOWEST_BAND, TOO_FEW)
SINGLE = "Krippendorff's: 1 is perfect, 0 is what chance gives"
LEGEND = {
    "raw": "share of rater pairs that agree",
    "alpha": SINGLE,
    "mean alpha": SINGLE,
    "band": "Krippendorff's: from .800 on to be relied on, from .667 on tentative conclusions only",
    "mean of k": "reliability of what is shipped, the mean of k answers (choices: shares of votes), by Spearman-Brown",
    "k": "answers per item, their harmonic mean",
    "AC1": "Gwet's, which holds where one category is rare",
    "AC2": "Gwet's with quadratic weights, which holds where one end of the scale is rare",
}
STAGED = {
    "1st yes": "share of items whose first answer calls for a second (choices: yes; scales: above the lowest point)",
    "2nd yes": "share of the second answers that do so too, where a second was asked; and so on",
    "alpha": "an estimate for two raters who both answer every item, if raters and follow-ups were chosen by chance",
    "at least": "later raters say yes less often than that allows: only a lower bound of alpha is known",
    "band": LEGEND["band"],
}
PAIRS = {
    "cohen": "Cohen's kappa",
    "cohen_quadratic": "kappa, quadratic weights",
    "spearman": "Spearman",
    "kendall": "Kendall's tau-b",
    "n_pairs": "pairs of raters",
}
TOGETHER = {
    "n_answers": "answers",
    "fleiss": "Fleiss' kappa",
    "fleiss_size": "answers each",
    "fleiss_items": "on items",
    "icc": "ICC(2,1)",
    "icc_k": "ICC(2,k)",
    "n_raters": "k raters",
    "complete_items": "complete items",
    "cronbach": "Cronbach's alpha",
    "hit_rate": "hit rate",
    "rest_correlation": "r with the others",
    "rest_mae": "mean absolute error",
}
FURTHER = {
    "Cohen's kappa": "unweighted; it, the weighted kappa and the rank correlations are means over pairs of raters",
    "answers each": "Fleiss' kappa needs items with equally many answers",
    "ICC(2,1)": "two-way random, absolute agreement, of one rater; (2,k): of the mean of all k",
    "complete items": "those that every rater answered, on which the ICCs rest",
    "hit rate": "how often an answer equals the majority of the others",
    "r with the others": "Pearson correlation of an answer with the mean of the others",
}
Row = Callable[[Agreed], list[Any]]


def agreed(
    results: Sequence[Agreed],
    categories: bool = False,
    everything: bool = False,
    unused: Mapping[str, str] | None = None,
) -> None:
    """How far raters agree on each question; `unused` are settings without an effect, with what replaced them."""
    for key, instead in (unused or {}).items():
        say(f"emocurate.toml: {key} has no effect any more ({instead}); delete the line")
    if not results:
        print(
            "no answers by such raters yet; fetch them with emocurate pull, or bring a table: emocurate answers import"
        )
        print("other raters count with --by, such as --by model")
        return
    folded, said = False, set[str]()
    for (scheme, media, measure, is_staged), group in _alike(results).items():
        title = f"{scheme}, {media}"
        if len(group) >= FOLDED_FROM and not everything:
            folded = True
            _print_folded(f"Agreement: {title}, {measure}", group, is_staged, said)
        elif is_staged:
            _print_staged(title, group, said)
        else:
            _print_fixed(f"{title}, {measure}", group, everything, said)
    if categories:
        _print_categories([result for result in results if result.found.staged is None])
    _say_notes(results)
    if folded:
        say(f"Folded from {FOLDED_FROM} questions on; every question: emocurate agree --all")
    imported = all(result.media == "items" for result in results)
    say("Next: emocurate labels FILE.parquet" if imported else "Next: emocurate export")


def _alike(results: Sequence[Agreed]) -> dict[tuple[str, str, str, bool], list[Agreed]]:
    """The questions whose figures may stand in one column: of one scheme, medium, measure and kind of design."""
    alike: dict[tuple[str, str, str, bool], list[Agreed]] = {}
    for result in results:
        key = (result.scheme, result.media, result.found.measure, result.found.staged is not None)
        alike.setdefault(key, []).append(result)
    return alike


def _print_fixed(title: str, results: Sequence[Agreed], everything: bool, said: set[str]) -> None:
    """Questions whose design is fixed, with their mean, as papers give it."""
    corrected = "ac1" if results[0].found.measure == "nominal" else "ac2"
    columns = ("question", "items", "raw", "alpha", "95 %", "band", "mean of k", "k", corrected.upper())
    rows = [
        [
            *(result.question, found.n_items, found.raw, found.alpha, _interval(found, "alpha"), result.band),
            *(found.reliability, _k(found), getattr(found, corrected)),
        ]
        for result in results
        for found in [result.found]
    ]
    if len(rows) > 1:
        raw, alpha, reliability, ac = (_mean(row[at] for row in rows) for at in (2, 3, 6, 8))
        rows.append([f"(mean of {len(results)})", None, raw, alpha, None, None, reliability, None, ac])
    print_table(f"Agreement: {title}", columns, rows, LEGEND, said)
    _print_blanks(results, {"raw": "raw", "alpha": "alpha", "reliability": "mean of k", corrected: corrected.upper()})
    if everything:
        _print_further(f"Pairs of raters: {title}", results, PAIRS, said)
        _print_further(f"All raters: {title}", results, TOGETHER, said)


def _print_further(title: str, results: Sequence[Agreed], names: Mapping[str, str], said: set[str]) -> None:
    held = [name for name in names if any(getattr(result.found, name) is not None for result in results)]
    if results[0].found.measure == "nominal":  # no ICC rests on these
        held = [name for name in held if name not in ("complete_items", "n_raters")]
    rows = [[result.question, *(getattr(result.found, name) for name in held)] for result in results]
    print_table(title, ["question", *(names[name] for name in held)], rows, FURTHER, said)
    _print_blanks(results, names)


def _print_blanks(results: Sequence[Agreed], names: Mapping[str, str]) -> None:
    """Why cells are blank, or whole columns are not there: a line for each reason and the questions it is about."""
    reasons: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for name, title in names.items():
        blank: dict[str, list[str]] = {}
        for result in results:
            if getattr(result.found, name) is None and (reason := result.found.blanks.get(name)):
                blank.setdefault(reason, []).append(result.question)
        for reason, questions in blank.items():
            reasons.setdefault((reason, tuple(questions)), []).append(title)
    for (reason, asked), titles in reasons.items():
        where = "" if len(asked) == len(results) else f" for {_named(asked)}"
        print(f"no {', '.join(titles)}{where}: {reason}")


def _print_staged(title: str, results: Sequence[Agreed], said: set[str]) -> None:
    """Stage by stage, where asking stopped early."""
    places = max(len(staged.stages) for _, staged in _stagings(results))
    names = [f"{place}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(place, 'th') } yes" for place in range(1, places + 1)]
    rows = []
    for result, staged in _stagings(results):
        shares = [None if stage.share is None else f"{stage.share:.3f} of {stage.asked:,}" for stage in staged.stages]
        shares += [None] * (places - len(shares))
        ends = _interval(staged, "alpha")
        rows.append([result.question, *shares, staged.alpha, ends, result.band, staged.alpha_at_least])
    columns = ["question", *names, "alpha", "95 %", "band", "at least"]
    print_table(f"Agreement of sequential designs, stage by stage: {title}", columns, rows, STAGED, said)


def _print_folded(title: str, results: Sequence[Agreed], is_staged: bool, said: set[str]) -> None:
    """Many questions by their families or, where they have none, by band: a row for each."""
    by_family = any(result.family for result in results)
    groups: dict[str, list[Agreed]] = {}
    for result in results if by_family else sorted(results, key=_band_order):
        name = result.family if by_family else (result.band or _without_alpha(result))
        groups.setdefault(name or "(no family)", []).append(result)
    rows = [_folded_row(name, group) for name, group in [*groups.items(), (f"all {len(results)}", list(results))]]
    key = "family" if by_family else "band"
    columns = [key, "questions", "mean alpha", "lowest", "highest", *EVERY_BAND]
    if not by_family:
        columns, rows = columns[:5], [row[:5] for row in rows]
    print_table(title, columns, rows, {"mean alpha": STAGED["alpha"] if is_staged else SINGLE}, said)


def _folded_row(name: str, group: Sequence[Agreed]) -> list[Any]:
    enough = [result for result in group if result.band != TOO_FEW]
    known = sorted((alpha, result.question) for result in enough if (alpha := _alpha(result)) is not None)
    low, high = (f"{known[at][0]:.3f} {known[at][1]}" if known else None for at in (0, -1))
    bands = [sum(result.band == each for result in group) or None for each in EVERY_BAND]
    return [name, len(group), _mean(alpha for alpha, _ in known), low, high, *bands]


def _band_order(result: Agreed) -> tuple[float, str]:
    alpha = _alpha(result)
    return (2 if alpha is None else -alpha), result.question


def _without_alpha(result: Agreed) -> str:
    staged = result.found.staged
    return "only a lower bound" if staged and staged.alpha_at_least is not None else "no alpha"


def _print_categories(results: Sequence[Agreed]) -> None:
    rows = [
        [
            result.question,
            c.category,
            c.share,
            c.raw,
            c.alpha,
            _ends(c.alpha_low, c.alpha_high),
            band(c.alpha, result.found.n_multi),
            c.ac1,
        ]
        for result in results
        for c in result.found.categories
    ]
    if rows:
        columns = ["question", "category", "share", "raw", "alpha", "95 %", "band", "AC1"]
        print_table("Categories", columns, rows)


def _say_notes(results: Sequence[Agreed]) -> None:
    """What was resampled, what to keep in mind, why there is no plain alpha, and what was left out."""
    _say_resampled([result.found for result in results if result.found.resampled])
    cautions: dict[str, list[str]] = {}
    for result in results:
        for caution in result.found.cautions:
            cautions.setdefault(caution, []).append(result.question)
    for caution, questions in list(cautions.items())[:NAMED]:
        say(f"{_named(questions)}: {caution}")
    if len(cautions) > NAMED:
        say(f"and {len(cautions) - NAMED:,} more such cautions; --json has all of them")
    for scheme in dict.fromkeys(result.scheme for result in results if result.found.refused):
        refused = [result for result in results if result.scheme == scheme and result.found.refused]
        say(f"No plain alpha for {len(refused):,} questions of {scheme}: {refused[0].found.refused}")
        if not refused[0].found.design.declared:
            say(f"  if every rater was asked in any case: emocurate agree --scheme {scheme} --design fixed")
        if contrasts := sum(result.contrasts for result in refused):
            say(f"  {contrasts:,} answers to contrast questions are left out: they are never followed up")
    doubts = {result.question: staged.doubt for result, staged in _stagings(results) if staged.doubt}
    if doubts:
        first, reason = next(iter(doubts.items()))
        more = f" and {len(doubts) - 1:,} more" if len(doubts) > 1 else ""
        say(f"  only a lower bound of alpha: {first}{more}: {reason}")


def _say_resampled(found: Sequence[Agreement]) -> None:
    for drawn in dict.fromkeys(str(each.resampled).partition("; ")[0] for each in found):
        say(f"95 %: {drawn}")
    if few := sorted({each.n_raters for each in found if 0 < each.n_raters < FEW_RATERS}):
        raters = f"{few[0]}" if len(few) == 1 else f"{few[0]} to {few[-1]}"
        say(f"  with {raters} raters the intervals hold for these raters, not for others like them")


def _stagings(results: Iterable[Agreed]) -> list[tuple[Agreed, Staged]]:
    return [(result, result.found.staged) for result in results if result.found.staged]


def _alpha(result: Agreed) -> float | None:
    return result.found.staged.alpha if result.found.staged else result.found.alpha


def _k(found: Agreement) -> str | None:
    return None if found.reliability_k is None else f"{found.reliability_k:.3g}"


def _mean(values: Iterable[Any]) -> float | None:
    numbers = [value for value in values if isinstance(value, float)]
    return sum(numbers) / len(numbers) if numbers else None


def _named(questions: Sequence[str]) -> str:
    more = f" and {len(questions) - NAMED:,} more" if len(questions) > NAMED else ""
    return ", ".join(questions[:NAMED]) + more


def _interval(found: Agreement | Staged, name: str) -> str | None:
    return _ends(*found.intervals.get(name, (None, None)))


def _ends(low: float | None, high: float | None) -> str | None:
    return None if low is None or high is None else f"{low:.3f} to {high:.3f}"
