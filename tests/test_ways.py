"""What the README shows of every way in is typed line by line, against a site and folders of the tests' own."""

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet
from typer.testing import CliRunner

import cli
from pipelines import collection
from pipelines.engine.catalog import Catalog
from tests.pipelines.collect.test_contributions import put
from tests.pipelines.imports.datasets.laion_shards import emolia, flac
from tests.pipelines.imports.datasets.test_releases import corpus, released
from tests.pipelines.imports.datasets.test_tables import sounds
from tests.site import Site, sound

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[1]
WAYS = re.findall(r"```console ways\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
ASKS_THE_NET = ("add urls.txt", "add clips.parquet", "crawl ")


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, site: Site) -> Callable[[str], Path]:
    """Types a block in a new collection beside its inputs; a line that ends badly fails the test."""
    home = collection.make(tmp_path / "my-data", None, ()).home
    monkeypatch.chdir(home)

    def type_(block: str) -> Path:
        for line in block.strip().splitlines():
            words = shlex.split(line.replace("https://example.org", site.url("")), comments=True)[1:]
            if " ".join(words).startswith(ASKS_THE_NET):
                words += ["--allow-host", "127.0.0.1"]
            done = CliRunner().invoke(cli.app, words)
            assert done.exit_code == 0, f"{line}\n{done.output}\n{done.exception}"
        return home

    return type_


def rows(home: Path, query: str) -> list[tuple[object, ...]]:
    return Catalog(home).rows(query)


def test_every_block_is_typed_by_a_test() -> None:
    assert [block.split()[1:3] for block in WAYS] == [
        ["config", "set"],
        ["corpus", "import"],
        ["add", "generated/"],
        ["add", "studio/"],
    ]


def test_lists_and_crawls(typed: Callable[[str], Path], site: Site) -> None:
    Path("urls.txt").write_text(site.put("/one.wav", sound(1)) + "\n", "utf-8")
    table = {"audio": [site.put("/two.wav", sound(2))], "licence": ["CC0-1.0"], "speaker": ["anna"]}
    parquet.write_table(pa.table(table), "clips.parquet")
    licence = "<podcast:license>cc-by-4.0</podcast:license>"
    item = f'<item><enclosure url="/talk.mp3"/>{licence}</item>'
    space = 'xmlns:podcast="https://podcastindex.org/namespace/1.0"'
    site.put("/podcast.rss", f"<rss {space}><channel>{item}</channel></rss>", "application/rss+xml")
    site.put("/talk.mp3", sound(3))
    site.put("/", '<html><link type="application/rss+xml" href="/podcast.rss"></html>', "text/html")
    home = typed(WAYS[0])
    query = "SELECT n.name, r.licence FROM rights r JOIN (SELECT DISTINCT asset, name FROM statements) n USING (asset)"
    assert dict(rows(home, query)) == {
        site.url("/one.wav"): "CC-BY-4.0",
        site.url("/two.wav"): "CC0-1.0",
        site.url("/talk.mp3"): "CC-BY-4.0",
    }


@pytest.mark.heavy
def test_datasets_in_and_out_again(typed: Callable[[str], Path], tmp_path: Path) -> None:
    emolia(Path(), best=True)
    sounds(2, first=50).save_to_disk("saved")
    Path("crema").mkdir()
    for number in range(2):
        Path(f"crema/{number}.flac").write_bytes(flac(60 + number))
    Path("crema/metadata.csv").write_text("file_name,emotion\n0.flac,joy\n1.flac,fear\n", "utf-8")
    home = typed("\n".join(WAYS[1].strip().splitlines()[:-1]))
    ((samples, keyed),) = rows(home, "SELECT count(*), (SELECT count(*) FROM corpus_keys) FROM released")
    assert (samples, keyed) == (6, 10), "the four of corpora that came without a licence stay within the house"
    labels = parquet.read_table(home / "releases" / "v1" / "voice" / "labels.parquet")
    assert labels.num_rows == 6


@pytest.mark.heavy
def test_a_release_of_another_collection(typed: Callable[[str], Path], tmp_path: Path) -> None:
    from tests.pipelines.conftest import run
    from tests.pipelines.imports.datasets.bringing import brought
    from tests.pipelines.imports.datasets.test_releases import VOTES

    other = collection.make(tmp_path / "other", None, ()).home
    brought(other, corpus(tmp_path / "emolia"), layouts=(VOTES,), columns={"key": "id"})
    run(other)
    released(other)
    home = typed(WAYS[1].strip().splitlines()[-1])
    assert rows(home, "SELECT count(*) FROM assets") == [(4,)]


def test_synthetic_media(typed: Callable[[str], Path]) -> None:
    Path("generated").mkdir()
    for number in range(2):
        Path(f"generated/{number}.wav").write_bytes(sound(number))
    lines = [f"{number}.wav,kokoro,1.0,say it,{number},af,joy" for number in range(2)]
    head = "file,model,model_version,prompt,seed,voice,requested"
    Path("manifest.csv").write_text("\n".join([head, *lines]), "utf-8")
    home = typed(WAYS[2])
    assert rows(home, "SELECT DISTINCT basis, model, requested FROM rights") == [("synthetic", "kokoro", "joy")]


def test_contributions(typed: Callable[[str], Path]) -> None:
    Path("studio/anna").mkdir(parents=True)
    Path("studio/anna/1.wav").write_bytes(sound(1))
    form = "anna,anna/,annotate publish train,CC-BY-4.0,2024-10-01,yes"
    Path("forms.csv").write_text(f"subject,media,scopes,licence,given_on,of_age\n{form}\n", "utf-8")
    Path("inbox").mkdir()
    put(Path("inbox"), "a.wav", 2, subject="c-1042")
    home = typed(WAYS[3])
    assert rows(home, "SELECT basis, licence, count(*) FROM rights GROUP BY ALL") == [("consent", "CC-BY-4.0", 2)]
    assert list(Path("inbox").iterdir()) == []


def test_the_record_the_readme_shows_is_one() -> None:
    from pipelines.collect.inbox import KEYS, REQUIRED

    (shown,) = re.findall(r"```json\n(\{\"record.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    record = json.loads(shown)
    assert set(REQUIRED) <= set(record) <= set(KEYS)
