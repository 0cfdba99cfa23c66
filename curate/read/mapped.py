"""Samples in a scratch file, mapped into memory and let go of again as they are read."""

import mmap
from typing import Any

import numpy as np


class MappedSamples(np.memmap[Any, np.dtype[np.int16]]):
    """A memory map of which no more stays resident than was taken out of it last.

    Whoever takes slice after slice of a long recording would end with the whole of it counted as their memory. What was
    taken out before stays good: it is read from the file again when it is looked at.
    """

    def __getitem__(self, index: Any) -> Any:
        """A view of what is at the index."""
        pages: mmap.mmap | None = self._mmap  # type: ignore[attr-defined]
        if pages is not None and hasattr(pages, "madvise"):  # where the system has no such call it judges by itself
            pages.madvise(mmap.MADV_DONTNEED)
        return super().__getitem__(index)
