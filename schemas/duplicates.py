"""When two files or clips are the same again: the section `[duplicates]` of the settings."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DuplicateSettings:
    """What is the same again: re-encoded, resized, louder, trimmed or overlapping; only the best of it is asked about.

    Pictures differ in at most `picture_bits` of 64; with `turned` mirrored ones and quarter turns count too. Sound may
    be wrong in a share of `sound_error` of its bits, less where little is shared: `strictness` says how much less. Two
    clips are one where they have `shared` of what they cover in common. A small part of at least `repeated_in`
    recordings is repeated content, such as an intro: it joins no recordings. Groups are drawn anew by the next `run`,
    `duplicates` or export. `fold` is whether the others of a group stay unasked, from now on.
    """

    fold: bool = True
    picture_bits: int = 6
    turned: bool = False
    sound_error: float = 0.3
    strictness: float = 5.75
    shared: float = 0.5
    repeated_in: int = 3
