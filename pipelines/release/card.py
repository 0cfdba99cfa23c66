"""Writes the README of a release: what it is, how it was made, how to load it, and what it must not be used for."""

from collections.abc import Sequence
from urllib.parse import quote

from pipelines.release import reliability
from pipelines.release.citation import NAME as CITATION
from pipelines.release.citation import cited
from pipelines.release.datasheet import NAME as DATASHEET
from pipelines.release.frontmatter import GATE, binds, front_matter
from pipelines.release.licensing import licences
from pipelines.release.loading import loading
from pipelines.release.markdown import code, plain, table
from pipelines.release.notice import NAME as NOTICE
from pipelines.release.reliability import CLIPS, KINDS
from pipelines.release.tally import Asked, Tally, mean_and_deviation
from schemas.release import REMOVED, SPLITS, AgreementFigure, Picture, Release
from schemas.scheme import Question, Scheme

_REQUESTS = (
    "These are requests and a reminder, not terms: where clips are under public licences or free, nobody may be bound "
    "further."
)
_TERMS = (
    "Every clip rests on consent or on rights of those who publish it. Where this dataset is gated, whoever is let in "
    f"has agreed: *{GATE}* The rest are requests and a reminder."
)
_STATEMENT = """\
- Please do not try to identify anybody who is heard or seen, and do not train or test systems that recognise people by
  their voice or face with it.
- Please do not build systems that manipulate people who are vulnerable by age, illness or need, nor companions that
  only please.
- Labels say what raters perceived, not what somebody felt. Please take no decision about a person from them.
- The law of the European Union forbids systems that infer emotions of people at work or in education, but for medical
  or safety reasons (Regulation (EU) 2024/1689, Article 5(1)(f)), and systems that exploit vulnerabilities
  (Article 5(1)(b)). Other systems that recognise emotions are high-risk (Annex III, point 1(c)), and whoever is exposed
  to one has to be told (Article 50(3)); so has whoever talks with a machine (Article 50(1))."""


_INTERNAL = "**For use within the house: it may hold what must not be passed on, and is never published.**"


def card(release: Release, tally: Tally) -> str:
    """The README of a release, YAML first; all that people typed is escaped, both in YAML and in Markdown."""
    sections = [
        f"# {plain(release.title)}",
        _INTERNAL if release.internal else "",
        plain(release.description),
        _summary(release, tally),
        _counts(release, tally),
        loading(release, tally),
        _columns(release),
        _labels(tally),
        _making(release, tally),
        reliability.agreement(release.agreements),
        reliability.ceilings(release.agreements),
        reliability.raters(tally),
        _pictures(release.pictures),
        _quality(release, tally),
        reliability.gates(release.gates),
        reliability.limits(release, tally),
        licences(release, tally),
        _refraining(release, tally),
        _withdrawal(release),
        _citing(release),
        _software(release),
    ]
    return front_matter(release, tally) + "\n" + "\n\n".join(section for section in sections if section) + "\n"


def _summary(release: Release, tally: Tally) -> str:
    medias = [(media, sum(tally.of(media).values())) for media in CLIPS]
    clips = " and ".join(f"**{count:,} {CLIPS[media]}**" for media, count in medias if count)
    people = sum(kind == "person" for kind, _ in tally.raters)
    asked = f" {tally.answers['person']:,} answers were given by {people:,} people." if people else ""
    models = sorted(rater for kind, rater in tally.raters if kind == "model")
    machine = f" Some answers were given by models: {', '.join(plain(one) for one in models)}." if models else ""
    beside = "; each single answer stands beside it" if _has_answers(release) else ""
    if tally.bare and not clips:
        return f"Labels of **{tally.bare.total():,} clips** without their media, which may not be passed on."
    return (
        f"{clips or 'No clips'} from {len(tally.recordings):,} recordings and pictures, with what raters perceived in "
        f"them.{asked}{machine} Every clip carries the labels drawn from the answers with their soft distribution, "
        f"measured quality, and where it came from{beside}."
    )


def _has_answers(release: Release) -> bool:
    return any(part.answers.samples for part in release.parts)


def _counts(release: Release, tally: Tally) -> str:
    present = [split for split in SPLITS if any(place[1] == split for place in tally.samples)]
    rows = []
    for media, words in CLIPS.items():
        of = tally.of(media)
        if of:
            counts = [of.get(split, 0) for split in present]
            rows.append([words, *(f"{count:,}" for count in (*counts, sum(counts)))])
    hours = [tally.duration_ms["voice", split] / 3_600_000 for split in present]
    if sum(hours):
        rows.append(["hours of voice", *(f"{hour:.2f}" for hour in (*hours, sum(hours)))])
    whole = f"{tally.whole:,} of them are whole recordings or pictures, as they were rated.\n\n" if tally.whole else ""
    return f"## What is in it\n\n{table(['', *present, 'all'], rows)}\n\n{whole}{_apart(release, tally)}"


def _apart(release: Release, tally: Tally) -> str:
    """What the splits keep apart, what crosses them, and what nobody has measured."""
    of = f"; {tally.speakerless:,} clips name none" if tally.speakerless else ""
    known = f"{len(tally.speakers):,} speakers are named{of}" if tally.speakers else "no speaker is named"
    told = f"""Each recording or picture, its copies as far as they were found, and all of a named speaker are
in one split ({known}). A clip keeps the split it was first released in."""
    if not release.leaks:
        return told
    rows = [
        [leak.kind, *map("{:,}".format, (leak.known, leak.unknown, leak.linked, leak.crossing)), leak.missed]
        for leak in release.leaks
    ]
    head = ["link", "clips it is known of", "unknown", "linked pairs", "in two splits", "likely missed (95 %)"]
    return (
        f"{told}\n\nLinks between clips, and how many pairs that share one lie in two splits. Of what is unknown "
        f"nobody can say whether it crosses:\n\n{table(head, rows)}{_rates(release)}"
    )


def _rates(release: Release) -> str:
    """Where it is known from how many links a search misses."""
    lines = [f"- {leak.kind}: {plain(rate)}" for leak in release.leaks for rate in leak.rates]
    if not lines:
        return ""
    return "\n\nThat is counted from the pairs that were found, and from how many the search misses:\n\n" + "\n".join(
        lines
    )


def _columns(release: Release) -> str:
    columns = {field.name: field for part in release.parts for field in part.layout.fields}
    scores = sorted({name for part in release.parts for name in part.layout.quality})
    meanings = {"quality": "scores measured on the clip: " + ", ".join(f"`{name}`" for name in scores)}
    every = "has every single answer, a row each, by `key`"
    answers = f"`answers.parquet` {every if _has_answers(release) else 'is empty: single answers are not passed on'}"
    rows = [[f"`{name}`", meanings.get(name, column.meaning)] for name, column in columns.items()]
    if not rows:
        return ""
    return (
        "## Columns\n\nEach clip is a media file and a JSON file of the same name. In each folder `labels.parquet` has "
        "the same columns without the media, the labels by every method (`labels`) and the name of the `shard`; "
        f"{answers}.\n\n{table(['column', 'meaning'], rows)}"
    )


def _labels(tally: Tally) -> str:
    blocks = []
    for asked, counted in sorted(tally.categories.items(), key=lambda pair: _place(pair[0])):
        total = sum(counted.values())
        ordered = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
        rows = [[plain(name), f"{count:,}", f"{count / total:.1%}"] for name, count in ordered]
        blocks.append(f"{_asked(asked)}\n\n{table(['category', 'clips', 'share'], rows)}")
    means = []
    for asked, numbers in sorted(tally.numbers.items(), key=lambda pair: _place(pair[0])):
        mean, deviation = mean_and_deviation(numbers)
        means.append([_place_cell(asked), f"{numbers.total():,}", f"{mean:.2f}", f"{deviation:.2f}"])
    if means:
        blocks.append(table(["scale", "clips", "mean", "deviation"], means))
    return "\n\n".join(["## Labels", *blocks]) if blocks else ""


def _making(release: Release, tally: Tally) -> str:
    methods = sorted({asked.method for asked in (*tally.categories, *tally.numbers)})
    kinds = ", ".join(f"{count:,} by {KINDS[kind]}" for kind, count in sorted(tally.answers.items()))
    lines = [_scheme(scheme) for scheme in release.schemes]
    if kinds:
        lines.append(
            f"Answers: {kinds}. Raters are named by pseudonyms; answers of models are never mixed in silently."
        )
    if methods:
        names = ", ".join(f"`{code(method)}`" for method in methods)
        beside = "the single answers lie beside them" if _has_answers(release) else "single answers are not passed on"
        lines.append(f"Labels are drawn by {names}; a tie is shown as a tie, and {beside}.")
    return "\n\n".join(["## How the labels were made", *lines]) if lines else ""


def _scheme(scheme: Scheme) -> str:
    lines = [f"**{plain(scheme.title)}** (`{code(scheme.name)}@{scheme.version}`). {plain(scheme.instruction)}".strip()]
    lines += [
        f"- `{code(question.name)}`: {plain(question.title)} {_choices(question)}" for question in scheme.questions
    ]
    return lines[0] + "\n\n" + "\n".join(lines[1:])


def _choices(question: Question) -> str:
    if question.scale:
        anchors = "; ".join(f"{point:g} {plain(words)}" for point, words in question.scale.anchors)
        ends = f"{question.scale.minimum:g} to {question.scale.maximum:g}, {question.scale.measure}"
        return f"({ends}{': ' + anchors if anchors else ''})"
    return "(" + (", ".join(plain(category.title) for category in question.categories) or "free text") + ")"


def _pictures(pictures: Sequence[Picture]) -> str:
    if not pictures:
        return ""
    shown = [f"![{plain(one.title)}]({quote(one.path)})" for one in pictures]
    return "\n\n".join(["## Figures", *shown])


def _quality(release: Release, tally: Tally) -> str:
    if not release.thresholds:
        return ""
    stay = f" {tally.below:,} clips miss them and stay, because they were asked about before." if tally.below else ""
    known = [(name, str(value)) for name, value in sorted(release.thresholds.items()) if value != ""]
    rows = [[f"`{code(name)}`", f"`{code(value)}`"] for name, value in known]
    return (
        "## Quality\n\nWhat was measured stands in `quality` and was turned into a decision by these settings; "
        f"the level of the sound is as it was recorded.{stay}\n\n" + table(["setting", "value"], rows)
    )


def _refraining(release: Release, tally: Tally) -> str:
    """What we ask and what the law forbids; it binds only where the front matter has terms of access."""
    told = _TERMS if binds(release, tally) else _REQUESTS
    return f"## What we ask you to refrain from, and what the law forbids\n\n{told}\n\n{_STATEMENT}"


def _withdrawal(release: Release) -> str:
    listed = f": the {len(release.removed):,} keys in `{REMOVED}`" if release.removed else ""
    to = plain(release.contact) if release.contact else "the owner of this repository, in its discussions"
    return (
        "## Withdrawal\n\nWhoever is heard or seen here, or owns a recording, may ask for it to be taken out, at any "
        f"time and without giving a reason. Write to {to}, with the `key` or the `source` of a clip if you know it. "
        "The next version comes without it and without everything made from it. Copies that were downloaded before "
        "are out of reach: please use the newest version, and delete what it no longer holds"
        f"{listed}."
    )


def _citing(release: Release) -> str:
    """How it is cited, whom else to name, and whom to write to."""
    contact = f" Questions: {plain(release.contact)}." if release.contact else ""
    return (
        f"## How to cite\n\n{plain(cited(release))}\n\n`{CITATION}` has the same for programs; whoever passes clips on "
        f"names everybody in [{NOTICE}]({NOTICE}). [{DATASHEET}]({DATASHEET}) answers what datasheets ask.{contact}"
    )


def _software(release: Release) -> str:
    versions = ", ".join(f"{plain(name)} {plain(version)}" for name, version in sorted(release.versions.items()))
    weights = table(
        ["model", "licence of its weights"], [[plain(name), plain(of)] for name, of in sorted(release.weights.items())]
    )
    lines = [f"Made with {versions}." if versions else "", weights if release.weights else ""]
    return "\n\n".join(["## Made with", *(line for line in lines if line)]) if any(lines) else ""


def _place(asked: Asked) -> tuple[str, ...]:
    return (asked.media, asked.scheme, asked.question, asked.method)


def _asked(asked: Asked) -> str:
    return f"{_place_cell(asked)}, by `{code(asked.method)}`:"


def _place_cell(of: Asked | AgreementFigure) -> str:
    return f"{CLIPS[of.media]}, `{code(of.scheme)}`: `{code(of.question)}`"
