"""A Ray cluster of two raylets beside one, each on a core of its own; and cost as a collection grows sixteenfold."""

import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pipelines import collection
from pipelines.engine import todo
from pipelines.engine.cluster import Cluster
from pipelines.engine.passes import Pass
from pipelines.engine.workers import Inline
from pipelines.find.pipeline import pipeline
from pipelines.find.run import bring_up_to_date
from schemas.stage import Receipt
from tests.benchmarks.bench_run import ours, taken_in
from tests.benchmarks.figures import ROUNDS, Figure, apart, medians, on_one_core, say
from tests.benchmarks.recordings import recording, speech
from tests.ray_cluster import cluster

RECORDINGS, MINUTES = 24, 2
TIMES = (1, 2, 4, 8, 16)
UNIT_MIN = 1


@dataclass(frozen=True)
class Timed(Cluster):
    """A cluster whose start-up is not counted: `came` is when the receipts of each visit came."""

    came: list[float] = field(default_factory=list)

    def map(self, one: Pass, visits: Any, waiting: Any = lambda *_: None) -> Iterator[list[Receipt]]:
        """The receipts of each visit, noted."""
        for receipts in super().map(one, visits, waiting):
            self.came.append(time.perf_counter())
            yield receipts


def paced(incoming: Path, count: int) -> float:
    """Visits a second on a cluster of so many raylets, from the first receipts of the costly pass to its last."""
    rounds = []
    todo.BATCH_FILES = 1  # a visit is one recording, however many raylets share them
    with tempfile.TemporaryDirectory() as place, cluster(Path(place) / "ray", count, pinned=True) as nodes:
        for number in range(ROUNDS):
            home = taken_in(incoming, Path(place) / f"home-{number}")
            first = pipeline(collection.find(home).settings)[:1]
            team = Timed(nodes.address, count, 600)
            bring_up_to_date(home, first, team)
            # each actor's first visit has its start and its models in it
            rounds.append(((len(team.came) - count) / (team.came[-1] - team.came[count - 1]),))
    return medians(rounds)[0]


def two_nodes() -> Figure:
    """Two raylets of one pinned core each beside one."""
    with tempfile.TemporaryDirectory() as folder:
        pieces = speech()
        for number in range(RECORDINGS):
            recording(Path(folder) / f"{number}.flac", pieces, MINUTES)
        one, two = (apart(paced, Path(folder), count) for count in (1, 2))
    say(f"cluster: visits a second on one raylet {one:.3f}, on two {two:.3f}")
    return Figure("two raylets beside one, start-up excluded", "visits/s", two, 1.5, peer=one, of_peer=True)


def growing(incoming: Path) -> float:
    """Seconds of the core for all default stages over these media, in this process."""
    on_one_core()
    with tempfile.TemporaryDirectory() as place:
        return ours(incoming, Path(place), Inline(), "onnx").cpu_s


def slope() -> Figure:
    """How cost grows with the media: the slope of log cost over log size, 1 where it is linear."""
    costs = []
    with tempfile.TemporaryDirectory() as folder:
        pieces = speech()
        for times in TIMES:
            part = Path(folder) / str(times)
            part.mkdir()
            for number in range(times):
                recording(part / f"{number}.flac", pieces, UNIT_MIN)
            costs.append(apart(growing, part))
    say("cluster: seconds of CPU for " + ", ".join(f"{t} min: {c:.2f}" for t, c in zip(TIMES, costs, strict=True)))
    # what every run costs, whatever its size (models, passes), is left out
    per_min = (costs[-1] - costs[0]) / (TIMES[-1] - TIMES[0])
    fixed = max(0.0, costs[0] - per_min * TIMES[0])
    exponent = float(np.polyfit(np.log(TIMES), np.log(np.array(costs) - fixed), 1)[0])
    return Figure("growth of cost from 1 to 16 times the media", "exponent", exponent, 1.1, at_most=True)


def main() -> Iterator[Figure]:
    """Both."""
    yield slope()
    yield two_nodes()


if __name__ == "__main__":
    os.environ.setdefault("RAY_AUTH_MODE", "disabled")
    for figure in main():
        say(" | ".join(figure.cells))
