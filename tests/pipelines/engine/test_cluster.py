"""Visits on a Ray cluster of two nodes with folders of their own, and an S3 server between them."""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines.engine.catalog import Catalog
from pipelines.engine.cluster import Cluster
from pipelines.engine.passes import Pass
from pipelines.engine.workers import Visit, workers_for
from pipelines.find.pipeline import pipeline
from pipelines.find.run import bring_up_to_date
from schemas.errors import BadSetting, Missing
from schemas.settings import Settings
from schemas.stage import Receipt
from tests.object_store import seaweed
from tests.pipelines.engine.odd_stages import Slow, Trouble
from tests.pipelines.engine.runs import STAGES, count, culprit, run, tables
from tests.ray_cluster import Nodes, cluster

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(300)]
LIMIT_S = 60


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with seaweed(tmp_path_factory.mktemp("seaweed")) as address:
        yield address


@pytest.fixture(scope="module")
def nodes(bucket: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    with cluster(tmp_path_factory.mktemp("ray"), 2) as running:
        yield running


@pytest.fixture
def far(taken_in: Path, bucket: str, tmp_path: Path) -> Path:
    """The collection of small media, which are at an address of their own in the bucket."""
    settings = taken_in / "emocurate.toml"
    text = settings.read_text()
    settings.write_text(text.replace('address = ""', f'address = "{bucket}/{tmp_path.name}"', 1))
    return taken_in


def test_two_nodes_and_one_process_leave_identical_tables(
    taken_in: Path, far: Path, nodes: Nodes, tmp_path: Path
) -> None:
    near = shutil.copytree(taken_in, tmp_path / "near", ignore=shutil.ignore_patterns("emocurate.toml"))
    (near / "emocurate.toml").write_text("")
    passes = pipeline(Settings())
    bring_up_to_date(near, passes, workers_for("inline", 1, LIMIT_S))
    tally = bring_up_to_date(far, passes, workers_for("ray", 0, LIMIT_S, address=nodes.address))
    assert (tally.files, tally.failed) == (7, 0)
    assert tables(far) == tables(near)
    assert list((far / "media").glob("??/*")) == []
    for folder in nodes.folders:  # copies of media stay nowhere
        assert [path for path in folder.rglob("*") if path.is_file() and "copies" in path.parts] == []


def test_a_node_that_dies_in_the_middle_costs_nothing(far: Path, nodes: Nodes, tmp_path: Path) -> None:
    shutil.copytree(far, tmp_path / "other")
    (tmp_path / "other" / "emocurate.toml").write_text("")
    run(tmp_path / "other", [Slow(), *STAGES])
    nodes.add(tmp_path / "third", f"--address={nodes.address}")
    team = Losing(nodes.address, 3, LIMIT_S)
    object.__setattr__(team, "nodes", nodes)
    tally = run(far, [Slow(), *STAGES], team)
    assert nodes.processes[-1].poll() is not None
    assert (tally.files, tally.failed) == (7, 0)
    assert tables(far) == tables(tmp_path / "other")


@pytest.mark.parametrize(("how", "told"), [("crash", "2 workers died over it"), ("hang", "took longer than")])
def test_a_file_that_brings_its_worker_down_costs_only_itself(far: Path, nodes: Nodes, how: str, told: str) -> None:
    bad = culprit(far)
    run(far, [Trouble(bad, how), *STAGES], Cluster(nodes.address, 0, LIMIT_S if how == "crash" else 4))
    failures = Catalog(far).rows('SELECT DISTINCT "row", reason FROM open_failures')
    assert [row for row, _ in failures] == [bad]
    assert told in failures[0][1]
    assert count(far, "receipts WHERE state = 'done' AND stage LIKE 'Trouble%'") == 6
    assert count(far, "clips") == 9


def test_media_that_no_node_sees_are_refused_before_anything_fails(
    taken_in: Path, nodes: Nodes, tmp_path: Path
) -> None:
    @dataclass(frozen=True)
    class Hiding(Cluster):
        def map(self, one: Pass, visits: Iterable[Visit], waiting: Any = lambda *_: None) -> Iterator[list[Receipt]]:
            (taken_in / "media").rename(tmp_path / "hidden")
            return super().map(one, visits, waiting)

    with pytest.raises(BadSetting, match=r"node .*: it does not see .*/media; .* config set store.address s3://"):
        run(taken_in, workers=Hiding(nodes.address, 0, LIMIT_S))
    assert count(taken_in, "open_failures") == 0


def test_where_no_cluster_answers_that_is_told() -> None:
    import ray

    ray.shutdown()
    with pytest.raises(Missing, match=r"no Ray cluster answers at '127.0.0.1:9'"):
        _ = Cluster("127.0.0.1:9", 0, LIMIT_S).processes


@dataclass(frozen=True)
class Losing(Cluster):
    """A cluster whose last node dies when the first receipts have come."""

    def map(self, one: Pass, visits: Iterable[Visit], waiting: Any = lambda *_: None) -> Iterator[list[Receipt]]:
        for number, receipts in enumerate(super().map(one, visits, waiting)):
            if number == 0:
                nodes: Nodes = self.nodes  # type: ignore[attr-defined]
                nodes.kill(len(nodes.processes) - 1)
            yield receipts
