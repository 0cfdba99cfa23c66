"""`forget --report`: for the person, in plain words: what was held, what was removed, what is out of reach."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.engine.catalog import now
from pipelines.forget.held import Held, HeldAnswers, HeldConsent
from pipelines.forget.subject import Subject
from pipelines.release.published import PublishedTo
from pipelines.release.withdraw import Follows
from schemas.errors import BadSetting

SCREEN = Path("-")  # in the place of a file: the report is printed
ELSEWHERE = (
    "what others downloaded from published versions, and mirrors of these: nobody can call that back",
    "copies of this collection and of Label Studio that it does not know of, and tables or figures that somebody wrote "
    "or sent elsewhere",
    "blocks of the disk, until something else is written over them",
)


@dataclass(frozen=True)
class Removal:
    """What a call removes, as far as the report tells it: `done` is false while it is only looked at."""

    who: Subject
    held: Held
    releases: Sequence[Follows]
    published: Sequence[PublishedTo]
    tasks: int
    shared: int
    becomes: str | None
    may_return: bool
    remaining: Sequence[str]
    done: bool


def check_writable(file: Path | None, home: Path) -> None:
    """Raises BadSetting for a report that would stay inside the collection, or whose folder is not there."""
    if file is None or file == SCREEN:
        return
    if home.resolve() in file.resolve().parents:
        raise BadSetting(f"--report {file} lies in the collection, where nothing of it may stay; name a file elsewhere")
    if not file.resolve().parent.is_dir() or file.is_dir():
        raise BadSetting(f"--report {file} is no file that can be written; expected a name in a folder that is there")


def write(file: Path, text: str) -> None:
    """Write a report for its owner's eyes alone; there is the whole of it or none."""
    aside = file.with_name(f".{file.name}.aside")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as written:
        written.write(text)
        written.flush()
        os.fsync(written.fileno())
    aside.replace(file)


def report(title: str, removal: Removal) -> str:
    """The report as text. People are told by their pseudonym: the name that was typed stands nowhere in it."""
    who = removal.who
    sections = {
        "What was held": _held(removal),
        "What was removed" if removal.done else "What would be removed": _removed(removal),
        "What stays, and why": _staying(removal),
        "Copies that are out of reach": (*removal.remaining, *_published(removal.published), *ELSEWHERE),
    }
    name = who.person or who.words
    lines = [f"{title}: what is held of {who.kind} {name}", "", _written(removal.done)]
    for heading, points in sections.items():
        lines += ["", heading, *(f"- {_masked(point, who)}" for point in points or ("nothing",))]
    return "\n".join(lines) + "\n"


def _written(done: bool) -> str:
    if not done:
        return f"Written on {now()[:10]}. Nothing has been removed."
    return (
        f"Written on {now()[:10]} by the command that removed it. What was removed is not kept, so this report "
        "cannot be made a second time."
    )


def _masked(line: str, who: Subject) -> str:
    """A line without the name by which a person was called; a file or source goes by its own."""
    if not who.person or who.words == who.person:
        return line
    return re.sub(re.escape(who.words), who.person, line, flags=re.IGNORECASE)


def _held(removal: Removal) -> Iterator[str]:
    held = removal.held
    for file in held.files:
        size = f", {file.size:,} bytes" if file.size is not None else ""
        yield f"the file {file.name} ({file.kind or 'no media'}{size}), since {file.came_on}; from {file.terms}"
    if held.said:
        yield f"what was said of files: {', '.join(held.said)}"
    if held.clips:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in held.clips.items())
        vectors = f", with {held.vectors:,} vectors of voices or faces" if held.vectors else ""
        yield f"clips that were found in them: {kinds}{vectors}"
    if held.about.answers:
        yield f"about these clips, {_answers(held.about)} by {held.about.raters:,} raters"
    if held.by.answers:
        yield f"{_answers(held.by)} that were given as a rater"
    yield from (_consent(one) for one in held.consents)


def _answers(some: HeldAnswers) -> str:
    days = f", from {some.first_on} to {some.last_on}" if some.first_on else ", of no known day,"
    return f"{some.answers:,} answers about {some.asks:,} clips or files{days}"


def _consent(one: HeldConsent) -> str:
    scopes = f" for {', '.join(one.scopes)}" if one.scopes else ""
    told = {"on": one.given_on, "until": one.expires_on, "to be kept until": one.keep_until}
    told |= {"granting": one.licence, "text version": one.text_version}
    more = "".join(f", {word} {value}" for word, value in told.items() if value)
    guardian = ", by a guardian" if one.has_guardian else ""
    return f"a record of consent of {one.recorded_on}: {one.state}{scopes}{more}{guardian}"


def _removed(removal: Removal) -> Iterator[str]:
    held = removal.held
    if held.files:
        yield "all of these files, what was said of them, and every clip, measurement, question and answer about them"
    if removal.tasks:
        yield f"{removal.tasks:,} tasks in Label Studio"
    if held.by.answers:
        yield (
            "the name under which these answers stood" if removal.becomes else "all of these answers"
        ) + ", and in Label Studio where they stood there"
    if held.consents:
        yield "the records of consent"
    for release in removal.releases:
        what = f"{release.removed:,} samples" if release.removed else "the name or the answers in the tables"
        anew = f", in {release.shards:,} shards that were made anew" if release.shards else ""
        yield f"{what} of release {release.name}{anew}"


def _staying(removal: Removal) -> Iterator[str]:
    if removal.shared:
        yield f"{removal.shared:,} files that came from other sources too: they stand on the terms of these"
    if removal.becomes:
        yield "the answers, under a name that leads to nobody, because labels were drawn from them"
    if any(release.removed for release in removal.releases):
        yield "the ids of clips that left a release, among all others that left one, without reason or date"
    if not removal.may_return:
        yield (
            "keyed hashes of files, names, and of what recordings and pictures are recognised by, from which nothing "
            "can be read, heard or seen: they keep the same from coming back"
        )


def _published(published: Sequence[PublishedTo]) -> Iterator[str]:
    for one in published:
        yield (
            f"{one.address}, revision {one.commit[:12]}, published on {one.published_on}: older states stay there "
            "until the release is published again with --purge"
        )
