"""Lists of addresses: how they are read, what they say of each, and what a broken one costs: itself alone."""

import json
import re
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet
from typer.testing import CliRunner

from cli import app
from pipelines import collection
from pipelines.collect.add import Intake
from pipelines.collect.fetching import Net
from pipelines.collect.metadata import Metadata
from pipelines.collect.net import Way, bring
from schemas.errors import BadInput
from schemas.media import Source
from tests.pipelines.collect.test_net import SETTINGS, listed, rows, take
from tests.pipelines.conftest import SOURCE, small_media
from tests.site import Site, sound


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_table_says_what_it_knows_of_each_address(home: Path, tmp_path: Path, site: Site, form: str) -> None:
    table = pa.table(
        {
            "url": [site.put("/a.wav", sound(1)), site.put("/b.wav", sound(2))],
            "licence": ["CC-BY-4.0", None],
            "speaker": ["anna", "otto"],
            "odd": ["x", "y"],
        }
    )
    path = tmp_path / f"list.{form}"
    if form == "parquet":
        parquet.write_table(table, path)
    elif form == "csv":
        lines = [
            "url,licence,speaker,odd",
            *(",".join(cell or "" for cell in row.values()) for row in table.to_pylist()),
        ]
        path.write_text("\n".join(lines), "utf-8")
    else:
        path.write_text("\n".join(json.dumps(row) for row in table.to_pylist()), "utf-8")
    said: list[str] = []
    added = take(home, path, source=Source("unknown"), said=said)
    assert (added.new, added.unlicensed) == (2, 1)
    assert "columns not used: odd" in said[0]
    query = "SELECT licence, evidence FROM sources WHERE basis = 'licence'"
    ((licence, evidence),) = rows(home, query)
    assert licence == "CC-BY-4.0"
    assert str(evidence).startswith(f"list.{form}, line ")
    assert rows(home, "SELECT count(DISTINCT speaker) FROM described") == [(2,)]


def test_a_column_of_another_name_is_mapped(home: Path, tmp_path: Path, site: Site) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"where,who\n{site.put('/a.wav', sound(1))},anna\n", "utf-8")
    assert take(home, path, url="where", speaker="who").new == 1


def test_a_list_that_is_described_twice_keeps_the_first_line_and_says_so(
    home: Path, tmp_path: Path, site: Site
) -> None:
    url = site.put("/a.wav", sound(1))
    path = tmp_path / "list.csv"
    path.write_text(f"url,licence\n{url},CC-BY-4.0\n{url},CC0-1.0\n", "utf-8")
    assert take(home, path).dropped == {"named on an earlier line, and described otherwise there": 1}
    assert rows(home, "SELECT licence FROM rights") == [("CC-BY-4.0",)]


@pytest.mark.parametrize("name", ["notes.txt", "table.csv"])
def test_a_file_that_is_no_list_is_a_file(home: Path, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("a,b\n1,2\n", "utf-8")
    assert take(home, path).dropped == {"not media: text": 1}


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("list.csv", "url,licence\n{url}\n", "line 2: 1 cells; expected 2"),
        ("list.csv", 'url,licence\n"{url},CC0-1.0\n', "line 2: a quote is opened"),
        ("list.jsonl", '{{"url": "{url}"}}\n{{"url": "{url}"', "line 2: not a JSON object"),
        ("list.csv", "url,basis\n{url},unknown\n{url}x,nonsense\n", "line 3: basis 'nonsense'"),
    ],
)
def test_a_list_with_a_broken_line_is_told_before_anything_is_fetched(
    home: Path, tmp_path: Path, site: Site, name: str, text: str, told: str
) -> None:
    path = tmp_path / name
    path.write_text(text.format(url=site.put("/a.wav", sound(1))), "utf-8")
    with pytest.raises(BadInput, match=re.escape(told)):
        take(home, path)
    assert not site.asked


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("prose.csv", 'As the link, or the address, has it\n"we met; see https://example.org\n'),
        ("table.csv", 'id,link\n1,"none\n2,see https://example.org\n'),
        ("table.csv", 'file_name,link\na.wav,https://example.org\nb.wav,"\n'),
        ("note.json", "see the link at https://example.org"),
        ("note.json", '{"name": "link", "address": "Main Street 1", "seen": "https://example.org"'),
    ],
)
def test_a_broken_table_that_only_speaks_of_addresses_is_a_file(
    home: Path, tmp_path: Path, name: str, text: str
) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    assert take(home, path).dropped == {"not media: text": 1}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.csv", '\ufeff"Link";licence\n{url};"CC0-1.0\n'),
        ("list.tsv", 'licence\turl\n"CC0-1.0\t{url}\n'),
        ("list.jsonl", '{{"audio_url": "{url}"}}\n{{"audio_url": "{url}"'),
    ],
)
def test_a_broken_list_is_refused_alone_and_beside_others_dropped_while_these_come_in(
    home: Path, tmp_path: Path, site: Site, name: str, text: str
) -> None:
    path, good = tmp_path / name, tmp_path / "a.wav"
    path.write_text(text.format(url=site.url("/b.wav")), "utf-8")
    good.write_bytes(sound(1))
    with pytest.raises(BadInput, match="has lines that are no rows") as refused:
        take(home, path)
    said: list[str] = []
    added = take(home, good, path, listed(tmp_path, site.put("/c.wav", sound(2))), said=said)
    assert (added.files, added.new, added.dropped) == (3, 2, {str(refused.value): 1})
    assert said == [f"a list of addresses is left out: {refused.value}"]
    assert not site.asked["/b.wav"]


def test_a_list_that_is_refused_far_down_keeps_no_other_list_from_coming_in(
    home: Path, tmp_path: Path, site: Site
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(
        f"url,basis\n{site.put('/a.wav', sound(1))},unknown\n{site.put('/b.wav', sound(2))},hearsay\n", "utf-8"
    )
    with pytest.raises(BadInput, match="line 3: basis 'hearsay'") as refused:
        take(home, bad)
    added = take(home, bad, listed(tmp_path, site.put("/c.wav", sound(3))))
    assert (added.files, added.new, added.dropped) == (2, 1, {str(refused.value): 1})
    assert not site.asked["/a.wav"]


def test_lists_that_are_all_refused_end_the_command(home: Path, tmp_path: Path) -> None:
    lists = [tmp_path / f"{number}.csv" for number in range(2)]
    for path in lists:
        path.write_text("url,basis\nhttps://example.org/a.wav,unknown\nhttps://example.org/b.wav,hearsay\n", "utf-8")
    with pytest.raises(BadInput, match="line 3: basis 'hearsay'"):
        take(home, *lists)


def test_a_table_speaks_of_addresses_too_and_the_list_goes_before_it(home: Path, tmp_path: Path, site: Site) -> None:
    urls = [site.put(f"/{number}.wav", sound(number)) for number in range(2)]
    told = Metadata({url: {"speaker": "anna", "language": "de"} for url in urls})
    path = tmp_path / "list.csv"
    path.write_text(f"url,language\n{urls[0]},en\n{urls[1]},\n", "utf-8")
    way = Way(SETTINGS, Net(("127.0.0.1", "localhost")), {}, lambda _: None)
    assert not bring(Intake(home, SOURCE, told, collection.find(home).people), [path], way).unmatched
    who = collection.find(home).people.of("anna")
    assert rows(home, "SELECT speaker, language FROM described ORDER BY language") == [(who, "de"), (who, "en")]


def test_transcripts_lie_in_their_folder_for_addresses_too(home: Path, tmp_path: Path, site: Site) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "talk.srt").write_text("1\n00:00:00,100 --> 00:00:00,900\nhello\n", "utf-8")
    intake = Intake(home, SOURCE, Metadata(), collection.find(home).people, texts=tmp_path / "texts")
    way = Way(SETTINGS, Net(("127.0.0.1", "localhost")), {}, lambda _: None)
    bring(intake, [listed(tmp_path, site.put("/talk.wav", sound(1)))], way)
    assert rows(home, "SELECT start_ms, text FROM segments") == [(100, "hello")]


def test_the_command_goes_on_past_a_list_that_cannot_be_read(home: Path, tmp_path: Path) -> None:
    folder = small_media(tmp_path / "media")
    (folder / "list.csv").write_text('url,licence\n"https://example.org/a.wav,CC0-1.0\n', "utf-8")
    done = CliRunner().invoke(app, ["add", *map(str, sorted(folder.iterdir())), "--home", str(home)])
    assert done.exit_code == 0, done.output
    assert "7 taken in (7 new), 1 dropped" in done.output


def test_a_list_is_read_as_an_editor_wrote_it_and_no_line_harms_another(home: Path, tmp_path: Path, site: Site) -> None:
    path = tmp_path / "list.txt"
    urls = [site.put(f"/{number}.wav", sound(number)) for number in range(2)]
    path.write_text("\r\n".join([urls[0], "http://xn--a/", "x" * 1_000_000, urls[1]]), "utf-16")
    added = take(home, path)
    assert (added.files, added.new, sum(added.dropped.values())) == (4, 2, 2)
