"""Text that people typed as Markdown that shows exactly this text, and tables of it."""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

_WAITING = {"#": "&#35;", "&": "&amp;", "<": "&lt;", ">": "&gt;"}


def plain(text: str) -> str:
    """Text as Markdown that shows exactly this text, on one line, in a table cell or outside."""
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    line = re.sub(r"[\\`*_{}\[\]|~$]", lambda found: "\\" + found[0], line)
    line = re.sub(r"[#&<>]", lambda found: _WAITING[found[0]], line)
    return re.sub(r"^([-+=]|\d+[.)](?=\s|$))", lambda found: found[0][:-1] + "\\" + found[0][-1], line)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; the first column reads from the left, the others are numbers or short words."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def code(text: str) -> str:
    """Text inside backticks, which know no escapes: whatever could end them, a cell or a line is replaced."""
    return re.sub(r"[^\w .,:;@/+=()'%&?#~*-]", "_", text)


def linked(address: str) -> str:
    """A web address as a link, anything else as code."""
    if re.match(r"https?://", address):
        return f"<{quote(address, safe=':/?#@!&+,;=%~-.')}>"
    return f"`{code(address)}`"


def percent(share: float | None) -> str:
    """A share in per cent; "none" where there is none."""
    return "none" if share is None else f"{share:.1%}"


def between(low: float | None, high: float | None, words: str = "{:.2f} to {:.2f}") -> str:
    """An interval; "none" where there is none."""
    return "none" if low is None or high is None else words.format(low, high)
