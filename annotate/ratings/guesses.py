"""What the columns of a table are by their names alone, and what else looks like it."""

import re
from collections.abc import Iterable, Mapping, Sequence

Roles = Mapping[str, tuple[str, ...]]
KNOWN: Roles = {  # names that speak for themselves, as `bare` writes them, the plainest first
    "item": (
        *("item", "itemid", "clip", "clipid", "utterance", "utteranceid", "file", "filename", "path"),
        *("image", "audio", "stimulus", "stimulusid", "id", "textid", "sample", "sampleid", "key"),
        *("video", "media", "mediaid", "recording", "audiourl", "imageurl", "videourl", "url"),
    ),
    "rater": (
        *("rater", "annotator", "worker", "user", "username", "participant", "subject", "listener", "judge"),
        *("coder", "labeler", "labeller", "evaluator", "respondent", "prolificpid", "completedby", "who"),
    ),
    "question": ("question", "questionname", "dimension", "attribute", "scale"),
    "value": ("value", "answer", "rating", "response", "label", "emotion", "score", "annotation"),
    "time": ("time", "createdat", "updatedat", "answeredat", "timestamp", "datetime", "submittime"),
    "duration": (
        *("durationms", "reactiontimems", "responsetimems", "rtms", "rt", "worktimeinseconds", "leadtime"),
        *("durations", "durationseconds", "seconds"),
    ),
}
_SECONDS = re.compile(r".*(seconds?|secs?)|leadtime|durations")
_NUMBERED = r"(id|ids|name|no|nr|number|code|pid|key|hash|email)?"
_ABOUT_RATERS = re.compile("rater|annotator|worker|participant|listener|judge|coder|labell?er|evaluator")


def bare(name: str) -> str:
    """A column's name without case, blanks, underscores and dots: Rater ID, _rater_id and raterId are one."""
    return re.sub(r"[\W_]+", "", name).casefold()


def column_for(role: str, columns: Iterable[str]) -> str | None:
    """The column whose name says that it has a role; None where none does."""
    by_name: dict[str, str] = {}
    for column in columns:
        by_name.setdefault(bare(column), column)
    for name in KNOWN[role]:
        form = re.compile(name + (_NUMBERED if role == "rater" else ""))
        if match := next((column for known, column in by_name.items() if form.fullmatch(known)), None):
            return match
    return None


def in_seconds(column: str) -> bool:
    """Whether a column of durations says that they are seconds."""
    return bool(_SECONDS.fullmatch(bare(column)))


def raterlike(columns: Iterable[str]) -> list[str]:
    """Columns whose names have something of a rater, though not enough to be taken for one."""
    return [column for column in columns if _ABOUT_RATERS.search(bare(column))]


def only_one_left(columns: Sequence[str], taken: Iterable[str | None]) -> str | None:
    """The one column that no role has, if there is just one: what else would hold the answers?"""
    used = {column.casefold() for column in taken if column}
    rest = [column for column in columns if column.casefold() not in used]
    return rest[0] if len(rest) == 1 else None
