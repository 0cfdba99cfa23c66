"""A pass: stages that share one decode of every file; a pipeline is a short list of passes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from duckdb import DuckDBPyConnection

from schemas.media import Asset, Clip
from schemas.stage import EVERY_MS, Signal, Stage, every_ms, stage_key

Step = Callable[[DuckDBPyConnection], None]


@dataclass(frozen=True)
class Pass:
    """Stages in the order they follow each other.

    `step` answers a question about the whole table before the pass begins, in one transaction; what it leaves in the
    catalog may stand in `where`, the SQL of which rows the pass takes, over their `id`, `asset` and `kind`.
    """

    stages: tuple[Stage, ...]
    step: Step | None = None
    where: str = "true"

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The ids of the stages, in order."""
        return tuple(stage_key(stage) for stage in self.stages)

    @cached_property
    def every_ms(self) -> tuple[int, ...]:
        """How far the frames lie apart that stages look at; clips lie in frames that were looked at before."""
        looking = [stage for _, stage in self.reading(Signal.FRAME)]
        finding = {every_ms(stage) for stage in looking if stage.takes is Asset or hasattr(stage, "every_ms")}
        return tuple(sorted(finding or {EVERY_MS}))

    def of(self, takes: type[Asset] | type[Clip], reads: Signal) -> list[tuple[str, Stage]]:
        """The stages that take such rows and read that signal, with their ids, in order."""
        return [(key, stage) for key, stage in self.reading(reads) if stage.takes is takes]

    def reading(self, *signals: Signal) -> list[tuple[str, Stage]]:
        """The stages that read one of these signals, with their ids, in order."""
        pairs = zip(self.keys, self.stages, strict=True)
        return [(key, stage) for key, stage in pairs if stage.reads in signals]


def all_keys(passes: Sequence[Pass]) -> list[str]:
    """The ids of every stage of a pipeline."""
    return [key for one in passes for key in one.keys]
