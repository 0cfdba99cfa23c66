"""A pass: stages that share one decode of every file; a pipeline is a short list of passes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from schemas.media import Asset, Clip
from schemas.stage import Signal, Stage, stage_key


@dataclass(frozen=True)
class Pass:
    """Stages in the order they follow each other; `every_ms` is how far sampled video frames lie apart."""

    stages: tuple[Stage, ...]
    every_ms: int

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The ids of the stages, in order."""
        return tuple(stage_key(stage) for stage in self.stages)

    def of(self, takes: type[Asset] | type[Clip], reads: Signal) -> list[tuple[str, Stage]]:
        """The stages that take such rows and read that signal, with their ids, in order."""
        pairs = zip(self.keys, self.stages, strict=True)
        return [(key, stage) for key, stage in pairs if stage.takes is takes and stage.reads is reads]


def all_keys(passes: Sequence[Pass]) -> list[str]:
    """The ids of every stage of a pipeline."""
    return [key for one in passes for key in one.keys]
