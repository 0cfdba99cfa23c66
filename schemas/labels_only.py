"""The table of clips that leave without their media: what finds, cuts and checks them again, and their labels."""

from collections.abc import Iterable

from schemas.columns import Field
from schemas.layout import LABELS, Layout

NAME = "labels-only.parquet"
UNSAID = ("transcript", "transcript_by")  # what is said in a clip is part of what may not be passed on
MORE: tuple[Field, ...] = (
    Field("reason", "string", "why its media are not passed on"),
    Field("evidence", "string", "what its basis or licence rests on, where that is known"),
    Field("media_sha256", "string", "SHA-256 of the clip as it was cut"),
    Field("decoded_sha256", "string", "SHA-256 of its samples or pixels; null for moments"),
    Field("fingerprint", "binary", "of its sound, 8 bytes for every 32 ms; finds it where the file has changed"),
)


def labels_only_fields(layouts: Iterable[Layout]) -> tuple[Field, ...]:
    """The columns of the table: those of the clips of all media, what is said in them left out, and more."""
    layouts = tuple(layouts)
    of_all = Layout(tuple(sorted({name for layout in layouts for name in layout.quality})))
    every = [column for layout in (*layouts, of_all) for column in layout.fields if column.name not in UNSAID]
    columns = {column.name: column for column in every}  # of `quality` the last, with the scores of all media
    return (*columns.values(), LABELS, *MORE)
