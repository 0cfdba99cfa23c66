"""Paths of addresses against patterns as robots.txt has them: `*` stands for anything, `$` at the end for the end."""

from yarl import URL


def path_of(url: str) -> str:
    """The path of an address with its query, percent-encoded."""
    return URL(url).raw_path_qs


def matches(pattern: str, path: str) -> bool:
    """Whether a path begins as a pattern says; in time that grows with the lengths alone, whatever the pattern."""
    is_whole = pattern.endswith("$")
    first, *rest = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    if not rest:
        return not is_whole or at == len(path)
    *middle, last = rest
    for piece in middle:
        found = path.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return path.endswith(last) and len(path) - len(last) >= at if is_whole else path.find(last, at) >= 0
