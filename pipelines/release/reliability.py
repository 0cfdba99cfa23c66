"""The sections of a card on how far its labels carry: agreement, ceilings, raters, what thresholds cost, limits."""

from collections import Counter
from collections.abc import Sequence
from statistics import median

from annotate.agreement.notes import FEW_ITEMS, LOWEST_BAND
from pipelines.release.frontmatter import languages
from pipelines.release.markdown import between, code, percent, plain, table
from pipelines.release.tally import TIE, Tally
from schemas.answers import RaterKind
from schemas.release import AgreementFigure, Gates, Release
from schemas.scheme import Media

CLIPS: dict[Media, str] = {"voice": "voice clips", "face": "faces", "moment": "moments"}
KINDS: dict[RaterKind, str] = {"person": "people", "model": "models", "corpus": "labels that came with a corpus"}
FEW_ANSWERS = 3  # behind a label, below which its soft label says little
MOST_GATES = 40  # rows of the table of what thresholds cost


def agreement(figures: Sequence[AgreementFigure]) -> str:
    """How far raters agree, with intervals and bands, and how reliable what is shipped is."""
    if not figures:
        return ""
    ordered = sorted(figures, key=lambda of: (of.media, of.scheme, of.question))
    head = ["question", "items", "answers", "raw", "alpha", "95 %", "band", "mean of k", "k", "ceiling", "measure"]
    rows = [
        [
            *(_place(of), f"{of.items:,}", f"{of.answers:,}", _number(of.raw), _number(of.alpha)),
            *(between(of.low, of.high), plain(of.band or "none"), _number(of.reliability), _count(of.reliability_k)),
            *(_number(of.ceiling), plain(of.measure)),
        ]
        for of in ordered
    ]
    refused = [f"- {_place(of)}: {plain(of.refused)}" for of in ordered if of.refused]
    return "\n\n".join(["## Agreement", _LEGEND, table(head, rows), *(["\n".join(refused)] if refused else [])])


_LEGEND = f"""\
Raw is the share of pairs of raters who gave the same answer; alpha is Krippendorff's, which takes chance away: 1 is
full agreement, 0 is what chance gives, with a bootstrap interval over items. The band is Krippendorff's own: from
.800 on to be relied on, from .667 on for tentative conclusions, below that neither; fewer than {FEW_ITEMS} items with
several answers are too few for one. Mean of k is the reliability of what is shipped, the mean of k answers (of choices:
the shares of votes), by Spearman and Brown. The ceiling is how often a rater's answer is the majority of the others (on
a scale: its correlation with their mean): what a system that is scored against single raters can reach. Low alpha is
common for emotions; the soft labels keep what a single label hides."""


def ceilings(figures: Sequence[AgreementFigure]) -> str:
    """The human ceiling of every category."""
    rows = [
        [_place(of), plain(each.category), percent(each.share), _number(each.alpha), _number(each.ceiling),
         between(each.low, each.high)]
        for of in sorted(figures, key=lambda of: (of.media, of.scheme, of.question))
        for each in of.categories
        if each.share
    ]  # fmt: skip
    if not rows:
        return ""
    head = ["question", "category", "share of answers", "alpha", "human ceiling", "95 %"]
    words = "How often another rater names a category that one has named, and alpha of each against all others:"
    return "\n\n".join(["### Human ceiling per category", words, table(head, rows)])


def raters(tally: Tally) -> str:
    """Who answered, together and never one by one."""
    rows = []
    for kind, words in KINDS.items():
        given = [count for (of, _), count in tally.raters.items() if of == kind]
        if given:
            spread = f"{min(given):,} to {max(given):,}, median {median(given):,.0f}"
            rows.append([words, f"{len(given):,}", f"{sum(given):,}", spread, f"{tally.skips[kind]:,}"])
    if not rows:
        return ""
    head = ["who", "raters", "answers", "answers of one", "skips"]
    words = "Nothing is released of raters but pseudonyms; who they are and what they were paid is not recorded."
    return "\n\n".join(["## Raters", table(head, rows), words])


def gates(found: Gates) -> str:
    """What the thresholds remove of each emotion."""
    if not found.clips:
        return ""
    told = f"Thresholds remove {found.removed:,} of {found.clips:,} clips that were found."
    if not found.known:
        told += (
            " For none of them is an emotion known other than from raters, so nobody can say whether the thresholds "
            "remove more of one emotion than of another."
        )
    elif not found.figures:
        told += f" For {found.known:,} of them an emotion is known other than from raters; none of these is removed."
    if not found.figures:
        return f"### What the thresholds cost\n\n{told}"
    ordered = sorted(found.figures, key=lambda of: (of.setting, of.known, -of.removed / max(of.of, 1), of.emotion))
    rows = [
        [f"`{code(of.setting)}` {plain(of.limit)}".strip(), plain(of.known), plain(of.emotion),
         f"{of.removed:,} of {of.of:,}", between(of.low, of.high, "{:.1%} to {:.1%}"),
         between(of.apart_low, of.apart_high, "{:+.1%} to {:+.1%}")]
        for of in ordered[:MOST_GATES]
    ]  # fmt: skip
    head = ["threshold", "known as", "emotion", "removed", "95 %", "more than of the others, 95 %"]
    more = f"\n\nand {len(ordered) - MOST_GATES:,} rows more." if len(ordered) > MOST_GATES else ""
    words = (
        f"{told} For {found.known:,} an emotion is known other than from raters. Intervals are Wilson's and "
        "Newcombe's; clips of one file are not independent, and of twenty comparisons one differs by chance:"
    )
    return f"### What the thresholds cost\n\n{words}\n\n{table(head, rows)}{more}"


def limits(release: Release, tally: Tally) -> str:
    """What the labels and the clips cannot carry, as far as it can be counted."""
    clips = tally.samples.total()
    lines = [
        "Labels say what raters perceived in a clip, without what came before it, and not what somebody felt.",
        *_few_answers(tally),
        _who_is_heard(tally, clips),
        *_empty(release, tally),
        *_alone(tally),
        _spoken(tally, clips),
        *_low(release.agreements),
        "Who is heard or seen, and who rated, is no sample of people; shares of emotions are those of these clips.",
    ]
    if tally.answers["model"] and not tally.answers["person"]:
        lines.append("No person answered: these labels are what models say.")
    return "## Limits\n\n" + "\n".join(f"- {line}" for line in lines)


def _few_answers(tally: Tally) -> list[str]:
    """Of each kind of label how many rest on few answers, and how many are ties."""
    lines = []
    for asked, counted in sorted(tally.behind.items(), key=lambda pair: str(pair[0])):
        few = sum(count for n, count in counted.items() if n < FEW_ANSWERS)
        ties = tally.categories.get(asked, Counter[str]())[TIE]
        if few or ties:
            lines.append(
                f"`{code(asked.question)}` of {CLIPS[asked.media]} by `{code(asked.method)}`: {few:,} of "
                f"{counted.total():,} labels rest on fewer than {FEW_ANSWERS} answers, {ties:,} are ties."
            )
    return lines


def _who_is_heard(tally: Tally, clips: int) -> str:
    named = (
        f"{len(tally.speakers):,} speakers are told apart in {clips - tally.speakerless:,} of {clips:,} clips"
        if tally.speakers
        else f"Nobody is told apart in any of the {clips:,} clips"
    )
    return f"{named}; age, sex and origin of those who are heard or seen are not part of this release."


def _spoken(tally: Tally, clips: int) -> str:
    if not tally.languages:
        return "Spoken languages: not recorded."
    silent = clips - tally.languages.total()
    unknown = f"; not recorded for {silent:,} of {clips:,} clips" if silent else ""
    return f"Spoken languages: {', '.join(languages(tally))}{unknown}."


def _empty(release: Release, tally: Tally) -> list[str]:
    """Splits that were asked for and hold nothing."""
    return [
        f"Split {split} holds no {CLIPS[media]}, although {share:.0%} of them were to go there."
        for media in CLIPS
        for split, share in release.shares.items()
        if share > 0 and (of := tally.of(media)) and split not in of
    ]


def _alone(tally: Tally) -> list[str]:
    """Classes in which one speaker alone is heard or seen, where others are in other classes."""
    return [
        f"Every one of the {tally.categories[asked][category]:,} {CLIPS[asked.media]} of {plain(category)} "
        f"(`{code(asked.question)}` by `{code(asked.method)}`) is of one speaker: a model may learn who it is."
        for (asked, category), speakers in sorted(tally.speakers_of.items(), key=str)
        if len(speakers) == 1 and None not in speakers and len(tally.speakers) > 1
    ]


def _low(figures: Sequence[AgreementFigure]) -> list[str]:
    low = [_place(of) for of in figures if of.band == LOWEST_BAND]
    return [f"Alpha is below .667 for {', '.join(low)}: draw no conclusion from single labels."] if low else []


def _place(of: AgreementFigure) -> str:
    return f"{CLIPS[of.media]}, `{code(of.scheme)}`: `{code(of.question)}`"


def _number(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.2f}"


def _count(value: float | None) -> str:
    return "none" if value is None else f"{value:.1f}"
