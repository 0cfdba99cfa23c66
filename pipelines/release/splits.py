"""Which split a clip goes to: drawn by hash over what must stay together, so that nothing ever moves."""

import hashlib
import math
from collections.abc import Iterable, Mapping

from schemas.errors import BadSetting, nearest
from schemas.media import Clip
from schemas.release import SPLITS, Split

_BITS = 64


def groups(clips: Iterable[Clip]) -> dict[str, str]:
    """What each clip must stay together with, by clip id: for now the recording it was cut from."""
    return {clip.id: clip.asset for clip in clips}


def split_of(group: str, shares: Mapping[str, float], salt: str) -> Split:
    """The split of a group, a function of its name and the salt alone: adding others never moves it.

    `shares` are weights of train, validation and test and need not sum to one; raises BadSetting.
    """
    weights = _weights(shares)
    digest = hashlib.sha256(f"{salt}:{group}".encode("utf-8", "surrogatepass")).digest()
    drawn = int.from_bytes(digest[: _BITS // 8], "big") / 2**_BITS * sum(weights.values())
    chosen, reached = SPLITS[0], 0.0
    for split in (split for split in SPLITS if weights[split] > 0):
        chosen, reached = split, reached + weights[split]
        if drawn < reached:
            break
    return chosen


def _weights(shares: Mapping[str, float]) -> dict[Split, float]:
    for name, share in shares.items():
        if name not in SPLITS:
            raise BadSetting(f"split {name!r} is not one we know; {nearest(name, SPLITS)}")
        if not (math.isfinite(share) and share >= 0):
            raise BadSetting(f"the share of split {name!r} is {share}; give a number that is not negative, such as 0.8")
    if sum(shares.values()) <= 0:
        raise BadSetting("the shares of the splits sum to nothing; give for instance train = 0.8, test = 0.2")
    return {split: float(shares.get(split, 0.0)) for split in SPLITS}
