"""`release show --methods`: how a release came to be, as the section of a paper; every number comes from a verb."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.ask.proposals import PROPOSED
from pipelines.ask.selection import SAMPLE, SELECTED
from pipelines.collection import Collection
from pipelines.engine.catalog import Catalog, now
from pipelines.release.folders import FOLDER
from pipelines.release.listing import Shown, show
from pipelines.release.markdown import plain, table
from pipelines.release.records import manifest_of
from pipelines.release.reliability import CLIPS
from pipelines.status import Status, status
from schemas.release import SPLITS

STAGES = "SELECT stage FROM active_stages ORDER BY stage"
DRAWN = f"""SELECT count(*) FROM decisions WHERE starts_with(what, '{PROPOSED} ') OR starts_with(what, '{SELECTED} ')
            OR starts_with(what, '{SAMPLE} ')"""
Number = int | float | None


@dataclass(frozen=True)
class Methods:
    """The section as Markdown, and each number in it by where a verb's JSON has it.

    `status.…` is in `status --json`, and is of the day on which it was counted; `show.…` in `release show --json` and
    `manifest.…` in the manifest.json of the release are of the release.
    """

    release: str
    markdown: str
    numbers: dict[str, Number]


@dataclass
class _Section:
    """Text in which every number is kept as it was put in."""

    numbers: dict[str, Number] = field(default_factory=dict)

    def of(self, name: str, value: Number) -> str:
        """A number as it is read, which is kept by its name."""
        self.numbers[name] = value
        if value is None:
            return "not defined"
        return f"{value:,}" if isinstance(value, int) else f"{value:.3g}" if abs(value) >= 1 else f"{value:.3f}"

    def counts(self, name: str, counted: Mapping[str, int]) -> str:
        """How many there are for each reason, the commonest first."""
        ordered = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
        return "; ".join(f"{self.of(f'{name}.{reason}', n)} {plain(reason)}" for reason, n in ordered)


def methods(here: Collection, name: str | None = None) -> Methods:
    """How a release came to be, the latest unless one is named; raises BadInput and BadSetting where there is none."""
    release = show(here.home, name)
    manifest = manifest_of(here.home / FOLDER / release.listed.name)
    text, counted = _Section(), status(here.home, here.settings)
    paragraphs = [
        f"## Methods: {plain(manifest['title'])}",
        f"The release was made on {release.listed.made_at[:10]}. Files, clips, stages, draws, and who was asked and "
        f"answered were counted on {now()[:10]} over the whole collection, with what came after the release; "
        "everything else is as it was released. Days are in UTC.",
        "### How the clips were found",
        *_found(text, counted, manifest, Catalog(here.home)),
        "### How people were asked",
        *_asked(text, counted, manifest, Catalog(here.home)),
        "### How answers were weighed",
        *_weighed(text, manifest),
        "### How the splits were drawn",
        *_split(text, release, manifest),
    ]
    return Methods(release.listed.name, "\n\n".join(paragraphs) + "\n", text.numbers)


def _found(text: _Section, counted: Status, manifest: Mapping[str, Any], catalog: Catalog) -> Iterator[str]:
    files = counted.files
    came = f"Of {text.of('status.files.total', files.total)} files {text.of('status.files.kept', files.kept)} were kept"
    for state in ("dropped", "failed"):
        if reasons := getattr(files, state):
            came += f"; {state}: {text.counts(f'status.files.{state}', reasons)}"
    yield f"{came}. {text.of('status.files.duplicates', files.duplicates)} of the kept have the bytes of another one."
    for media, clips in counted.clips.items():
        where = f"status.clips.{media}"
        below = f" (below a threshold: {text.counts(f'{where}.below', clips.below)})" if clips.below else ""
        yield (
            f"{CLIPS[media].capitalize()}: {text.of(f'{where}.found', clips.found)} were found, "
            f"{text.of(f'{where}.good', clips.good)} of them good{below}."
        )
    stages = ", ".join(f"`{stage}`" for (stage,) in catalog.rows(STAGES))
    weights = ", ".join(f"{plain(name)} ({plain(of)})" for name, of in sorted(manifest["weights"].items()))
    yield f"They were found and measured by {stages}" + (f", with the weights {weights}." if weights else ".")
    numbers = {name: value for name, value in manifest["thresholds"].items() if not isinstance(value, str)}
    rows = [[f"`{name}`", text.of(f"manifest.thresholds.{name}", value)] for name, value in sorted(numbers.items())]
    if rows:
        yield "Thresholds decided in the end what is good enough; every measured number is kept:"
        yield table(["threshold", "value"], rows)


def _asked(text: _Section, counted: Status, manifest: Mapping[str, Any], catalog: Catalog) -> Iterator[str]:
    for scheme in manifest["schemes"]:
        questions = ", ".join(f"`{question['name']}`" for question in scheme["questions"])
        yield f"`{scheme['name']}@{scheme['version']}` asks for {questions}: {plain(scheme['instruction'])}".strip()
    yield (
        f"{text.of('status.answers', counted.answers)} answers were given by "
        f"{text.of('status.raters', counted.raters)} raters."
    )
    for media, clips in counted.clips.items():
        steps = ", ".join(
            f"{text.of(f'status.clips.{media}.{step}', getattr(clips, step))} {step}"
            for step in ("asked", "answered", "skipped")
        )
        yield f"Of the {CLIPS[media]}: {steps}."
    if catalog.rows(DRAWN)[0][0]:
        yield "Part of what was asked was drawn by chance; the probability of each draw is in the column `selections`."
    if counted.refused:
        yield f"Left out, outside their scheme: {text.counts('status.refused', counted.refused)}."


def _weighed(text: _Section, manifest: Mapping[str, Any]) -> Iterator[str]:
    names = ", ".join(f"`{name}`" for name in manifest["methods"])
    yield f"Labels are drawn by {names or 'no method'}; a tie is shown as a tie."
    rows = []
    for place, figures in enumerate(manifest["agreements"]):
        where = f"manifest.agreements.{place}"
        cells = [text.of(f"{where}.{name}", figures[name]) for name in ("items", "answers", "raw", "alpha")]
        rows.append([f"`{figures['question']}`, {_of(figures['media'])}", *cells, _interval(text, where, figures)])
    if rows:
        yield (
            "Agreement over the votes that count, raw as the share of pairs of raters who agree, alpha as "
            "Krippendorff's with its interval from resampling:"
        )
        yield table(["question", "items", "answers", "raw", "alpha", "interval"], rows)


def _of(media: str) -> str:
    return next((words for name, words in CLIPS.items() if name == media), media)


def _interval(text: _Section, where: str, figures: Mapping[str, Any]) -> str:
    if figures["low"] is None or figures["high"] is None:
        return "not drawn"
    return " to ".join(text.of(f"{where}.{end}", figures[end]) for end in ("low", "high"))


def _split(text: _Section, release: Shown, manifest: Mapping[str, Any]) -> Iterator[str]:
    drawn = manifest["splits"]
    shares = ", ".join(
        f"{split} {text.of(f'manifest.splits.shares.{split}', drawn['shares'][split])}" for split in SPLITS
    )
    yield (
        f"Splits were drawn by the hash of what is linked and the salt `{drawn['salt']}`, to the shares {shares}; what "
        "is linked lies in one split, and a clip keeps the split it was first released in."
    )
    rows = []
    for media, splits in release.listed.samples.items():
        cells = [text.of(f"show.listed.samples.{media}.{split}", splits.get(split, 0)) for split in SPLITS]
        rows.append([CLIPS[media], *cells])
    yield table(["", *SPLITS], rows)
    if drawn["leaks"]:
        yield "Links that are known, of how many clips nothing is known, and pairs that are linked or cross splits:"
        yield table(["link", "known", "unknown", "linked", "crossing"], [_leak(text, leak) for leak in drawn["leaks"]])
    licences = "; ".join(
        f"{text.of(f'show.licences.{name}', count)} under {plain(name)}" for name, count in release.licences.items()
    )
    yield f"Every clip keeps the licence of its recording: {licences}."


def _leak(text: _Section, leak: Mapping[str, Any]) -> list[str]:
    where = f"manifest.splits.leaks.{leak['kind']}"
    counts = [text.of(f"{where}.{name}", leak[name]) for name in ("known", "unknown", "linked", "crossing")]
    return [leak["kind"], *counts]
