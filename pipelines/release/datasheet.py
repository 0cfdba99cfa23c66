"""DATASHEET.md of a release: what a datasheet asks (after Gebru et al. 2021), answered from the catalog alone.

What the catalog is silent about is not recorded, and said to be so; nobody's guess is in it.
"""

from collections.abc import Iterable, Iterator
from statistics import median

from annotate.agreement.notes import BANDS, LOWEST_BAND
from pipelines.release.citation import NAME as CITATION
from pipelines.release.citation import cited
from pipelines.release.markdown import code, plain
from pipelines.release.reliability import CLIPS, KINDS
from pipelines.release.tally import Tally
from schemas.labels_only import NAME as BARE
from schemas.release import REMOVED, SPLITS, Release

NAME = "DATASHEET.md"
UNRECORDED = "Not recorded."
Answers = Iterator[tuple[str, str]]


def datasheet(release: Release, tally: Tally) -> str:
    """The datasheet, a section for each part of a dataset's life."""
    sections = {
        "Why it was made": _motivation(release),
        "What is in it": _composition(release, tally),
        "How it was collected": _collection(release, tally),
        "What was done to it": _processing(release, tally),
        "What it is for": _uses(),
        "How it is passed on": _distribution(release, tally),
        "Who looks after it": _maintenance(release),
    }
    head = (
        f"# Datasheet of {plain(release.title)}\n\nThe questions are those of Gebru and others, *Datasheets for "
        "Datasets* (2021), in words of our own; every answer is drawn from what the collection has on record."
    )
    return "\n\n".join([head, *(_section(title, answers) for title, answers in sections.items())]) + "\n"


def _section(title: str, answers: Iterable[tuple[str, str]]) -> str:
    blocks = [f"**{question}**\n\n{answer or UNRECORDED}" for question, answer in answers]
    return "\n\n".join([f"## {title}", *blocks])


def _motivation(release: Release) -> Answers:
    yield "For what purpose was it made?", plain(release.description)
    yield "Who made it, and for whom?", plain(", ".join(release.authors))
    yield "Who paid for it?", ""


def _composition(release: Release, tally: Tally) -> Answers:
    counts = [
        f"{sum(of.values()):,} {words} ({', '.join(f'{count:,} {split}' for split, count in of.items())})"
        for media, words in CLIPS.items()
        if (of := tally.of(media))
    ]
    missing = tally.samples.total() - tally.languages.total()
    yield "What is one instance?", f"{_instance(tally)}, with labels, quality and origin.{_bare(release)}"
    yield (
        "How many are there?",
        f"{'; '.join(counts) or 'none'}, from {len(tally.recordings):,} recordings and pictures.",
    )
    yield (
        "Is it all there is, or a sample?",
        "Clips that were found, passed the thresholds on the card and were labelled; where clips were drawn to be "
        "asked about, `selections` has the probability of each, and `selection_weight` undoes what was not released.",
    )
    yield "What does an instance hold?", "A media file and the columns that the card explains."
    yield "What are the labels?", _labels(tally)
    yield (
        "What is missing?",
        f"For {tally.speakerless:,} clips nobody said who speaks or is seen, for {missing:,} in which language.",
    )
    yield "How are instances related?", "By recording (`asset`), speaker, neighbours, takes and corpus; see the card."
    shares = ", ".join(f"{split} {release.shares[split]:g}" for split in SPLITS if split in release.shares)
    yield "Are there recommended splits?", f"Yes, {shares}; what is linked is kept together." if shares else ""
    yield "What errors and noise are known?", _noise(release)
    yield "Does it rest on anything outside?", _outside(release)
    yield "Is anything in it confidential?", ""
    yield "Might anything in it hurt?", "Strong emotions are heard and seen; nothing was sorted out for that reason."
    yield "Does it name groups of people?", "Languages, where they are told. Age, sex and origin are not in it."
    yield (
        "Can people be identified?",
        "By voice and face, by whoever knows them. Speakers and raters go by pseudonyms whose keys are not in it.",
    )
    yield "Is anything in it sensitive?", "Voices and faces with what others perceived in them."


def _labels(tally: Tally) -> str:
    asked = sorted({f"`{code(of.question)}` ({code(of.scheme)})" for of in (*tally.categories, *tally.numbers)})
    return f"What raters perceived: {', '.join(asked)}; soft labels beside hard ones." if asked else ""


def _instance(tally: Tally) -> str:
    if not tally.whole:
        return "A clip cut from a recording or picture"
    cuts = tally.samples.total() - tally.whole
    return "A clip cut from a recording or picture, or a whole one" if cuts else "A whole recording or picture"


def _bare(release: Release) -> str:
    bare = release.bare
    return f" Of {bare.table.samples:,} clips it holds the labels without the media, in `{BARE}`." if bare else ""


def _outside(release: Release) -> str:
    if release.bare:
        return f"Yes: the media of the clips in `{BARE}` have to be fetched from their `source_address`."
    return "No; `source_address` says where media came from, and is not needed."


def _answers(release: Release) -> str:
    told = sum(part.answers.samples for part in release.parts)
    return "Single answers are in `answers.parquet`" if told else "Single answers are not in the release"


def _originals(tally: Tally) -> str:
    if not tally.whole:
        return "whole recordings and pictures are not in the release"
    return f"{tally.whole:,} clips are whole recordings or pictures"


def _time(release: Release, tally: Tally) -> str:
    """The weeks and days that the tables have."""
    told = sum(part.answers.samples for part in release.parts)
    weeks = "`answers.parquet` has the week of every answer" if told else "The weeks of the answers are not in it"
    fetched = any(origin.fetched_on for origin in tally.origins)
    return f"{weeks}; {'`fetched_on` is the day on which media were fetched' if fetched else 'media have no day'}."


def _noise(release: Release) -> str:
    low = [of for of in release.agreements if of.band == LOWEST_BAND]
    return (
        f"Raters disagree: alpha is below {BANDS[-1][0]:.3f} for {len(low)} of {len(release.agreements)} questions."
        if release.agreements
        else ""
    )


def _collection(release: Release, tally: Tally) -> Answers:
    bases = ", ".join(f"{basis} ({count:,} clips)" for basis, count in sorted(_bases(tally).items()))
    given = [count for (kind, _), count in tally.raters.items() if kind == "person"]
    yield "How was it acquired?", f"Media were taken in on the basis of: {bases}." if bases else ""
    yield (
        "By what means, and how was that checked?",
        "Programs found the clips; their versions and scores are recorded.",
    )
    yield "How were those that are in it chosen?", "By the thresholds, and the draws in `selections`, if there are any."
    yield (
        "Who took part, and how were they paid?",
        f"{len(given):,} people answered, {median(given):,.0f} questions each in the median. Pay is not recorded."
        if given
        else "",
    )
    yield "Over what time was it collected?", _time(release, tally)
    yield "Was there an ethical review?", ""
    yield "Were those in it asked, and did they consent?", _consent(tally)
    yield "Can they withdraw?", "Yes, at any time; the card says how. The next version comes without them."
    yield "Was the effect on them looked into?", ""


def _bases(tally: Tally) -> dict[str, int]:
    bases: dict[str, int] = {}
    for (_, basis), count in tally.licences.items():
        bases[basis] = bases.get(basis, 0) + count
    return bases


def _consent(tally: Tally) -> str:
    consented = _bases(tally).get("consent", 0)
    rest = tally.samples.total() - consented
    told = f"{consented:,} clips rest on consent, whose scopes are in `scopes`. " if consented else ""
    return told + (f"For {rest:,} clips that rest on another basis no consent is recorded." if rest else "")


def _processing(release: Release, tally: Tally) -> Answers:
    methods = sorted({of.method for of in (*tally.categories, *tally.numbers)})
    by = ", ".join(f"{count:,} by {KINDS[kind]}" for kind, count in sorted(tally.answers.items()))
    thresholds = len(release.thresholds)
    cut = " and cut" if tally.samples.total() > tally.whole else ""
    yield (
        "What was done to the media?",
        f"Clips were found{cut}; {thresholds} settings on the card decided which are good. Level stays as recorded.",
    )
    yield (
        "How were labels made?",
        f"Answers: {by}. Drawn by {', '.join(f'`{code(method)}`' for method in methods)}." if by and methods else "",
    )
    yield "Is the raw material kept?", f"{_answers(release)}; {_originals(tally)}."
    yield (
        "By what software was it made?",
        ", ".join(f"{plain(name)} {plain(of)}" for name, of in sorted(release.versions.items())),
    )


def _uses() -> Answers:
    yield "What has it been used for?", ""
    yield "Where are its uses listed?", ""
    yield "What could it be used for?", "Research on, and training of, systems that tell which emotion people perceive."
    yield "What might bend later uses?", "What the section *Limits* of the card counts."
    yield (
        "What should it not be used for?",
        "See *What we ask you to refrain from, and what the law forbids* on the card.",
    )


def _distribution(release: Release, tally: Tally) -> Answers:
    licences = sorted({licence or basis for licence, basis in (*tally.licences, *tally.bare)})
    yield "Who gets it?", ""
    yield "How is it passed on?", "As WebDataset shards with Parquet tables; every file is listed in `manifest.json`."
    yield "When?", ""
    yield "Under which licence?", f"Every clip keeps its own: {', '.join(map(plain, licences))}; see LICENSE.md."
    yield "Who has to be named?", "Everybody in NOTICE.md."
    yield "Do others restrict it?", "Only as the licences of the clips do; see the columns `licence` and `terms`."
    yield "How is it cited?", f"{plain(cited(release))} See {CITATION}."


def _maintenance(release: Release) -> Answers:
    yield "Who looks after it, and how are they reached?", plain(release.contact or "")
    yield "Are errors listed?", ""
    yield "Will it be updated?", "When clips come, are labelled otherwise or are withdrawn, a new version is written."
    removed = f" {len(release.removed):,} clips of earlier versions are gone; `{REMOVED}` lists them."
    yield "How long is it kept?", f"Whoever withdraws is out of the next version.{removed if release.removed else ''}"
    yield "Do older versions stay?", "Each has a tag of its own, unless somebody withdrew from it."
    yield "Can others add to it?", ""
