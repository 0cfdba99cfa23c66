"""Flags that nothing would use, or that contradict each other, are refused with status 2 before anything is done."""

import json
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

import cli
from pipelines.engine.catalog import Catalog
from tests.processes import typed

UNUSED = [
    ("status --files --gates", "--files and --gates show different things"),
    ("run --address HOST:6379", "--address names a cluster; say --on ray"),
    ("run --on inline --workers 2", "--on inline is this one alone"),
    ("studio --stop --port 8080", "--stop stops it"),
    ("studio --stop --rater anna@example.org", "--stop stops it"),
    ("push --seed 3", "that is with --next, --per"),
    ("push --where duration_ms>0 --seed 3", "that is with --next, --per"),
    ("push --limit 3 --random-share 0.5", "is the share of --next"),
    ("push --limit 3 --random-share 0", "is the share of --next"),
    ("publish owner/voices --confirm owner/voices", "is asked for by --purge"),
    ("forget --verify anna --as speaker", "--as says how to forget; --verify only searches"),
    ("forget --verify anna --report told.md", "--report says how to forget"),
    ("doctor --schema --verify", "prints SQL alone"),
    ("doctor --schema --json", "prints SQL alone"),
    ("rights check --rate 2", "which --online does"),
    ("rights check --allow-host example.org", "which --online does"),
    ("rights keys --rotate --lost", "--lost says is gone"),
    ("rights resolve a.wav --evidence mail --no-copy --layer text", "--no-copy settles nothing else"),
    ("raters report --fast-ms 100 --slow-ms 50", "is not below --slow-ms = 50"),
    ("bench score p.csv --no-revision", "is of EQ-Bench"),
    ("bench score p.csv --questions q.json --test t.json", "is of EQ-Bench"),
    ("bench score p.csv --test t.json --benchmark b1", "--test scores otherwise"),
    ("bench score p.csv --eqbench v2 --questions q.json --from 0:1", "--eqbench scores otherwise"),
    ("bench score p.csv --eqbench v2 --questions q.json --all", "shows every figure anyway"),
    ("bench score p.csv --eqbench v2 --questions q.json --test t.json", "different tests"),
    ("bench score p.csv --eqbench v2", "--questions FILE.json"),
    ("add", "nothing to add was named"),
    ("add --inbox in --licence CC0-1.0", "--licence says what the records of an --inbox say"),
    ("add media --inbox in", "an inbox is taken in by itself"),
    ("add media --licence CC-BY-4.0 --scope annotate", "narrows consent alone, and the basis is licence"),
    ("add media --generator-terms ours", "--generator-terms is for synthetic media"),
    ("add media --allow-host example.org", "no list is added"),
    ("add media --rate 2", "no list is added"),
    ("add media --consent forms.csv --rate 2", "with --consent only files are added"),
    ("add media/urls.txt --link", "--link is for files and folders"),
    ("add media/urls.txt --columns url=audio", "has an address on each line"),
    ("corpus import media --kind model", "--kind is of answers; say which columns hold them"),
    ("corpus import media --map votes.toml --type scale", "--type is of answers"),
    ("corpus import media --missing -99", "--missing is of answers"),
    ("corpus import ravdess --as ravdess --type scale", "--type says what --as ravdess knows"),
    ("corpus import ravdess --as ravdess --corpus mine", "--corpus says what --as ravdess knows"),
    ("corpus import ravdess --as ravdess --missing -99", "--missing says what --as ravdess knows"),
]


@pytest.mark.parametrize(("line", "why"), UNUSED)
def test_a_flag_that_nothing_would_use_is_refused(
    home: Path, line: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    (home / "media" / "urls.txt").write_text("https://example.org/a.wav\n", "utf-8")
    told = typed(*shlex.split(line), "--home", str(home))
    assert (told.returncode, told.stdout) == (2, ""), told.stderr
    assert told.stderr.startswith("error: ")
    assert why in told.stderr


def test_scopes_narrow_the_consent_that_a_table_speaks_of(home: Path, media: Path) -> None:
    (media / "t.csv").write_text("path,basis,speaker\ntone-0.wav,consent,anna\n", "utf-8")
    where = ["--metadata", str(media / "t.csv"), "--home", str(home)]
    assert typed("add", str(media), "--scope", "annotate", *where).returncode == 0
    assert Catalog(home).rows("SELECT DISTINCT scopes FROM sources WHERE basis = 'consent'") == [(["annotate"],)]


@pytest.mark.parametrize("option", ["--home=", "--home ''"])
def test_what_an_option_of_config_set_says_is_not_empty_either(option: str) -> None:
    told = CliRunner().invoke(cli.app, shlex.split(f"config set voice.min_ms 400 {option}"))
    assert (told.exit_code, "nothing is given" in told.output) == (2, True)


@pytest.mark.parametrize("line", ["agree --scheme ''", "agree --scheme=", "forget anna --home ''", "plot ''"])
def test_an_empty_word_is_no_value(home: Path, line: str) -> None:
    told = CliRunner().invoke(cli.app, shlex.split(line), env={"EMOCURATE_HOME": str(home)})
    assert told.exit_code == 2
    assert "nothing is given" in told.output


def test_a_setting_may_be_made_empty(home: Path) -> None:
    told = CliRunner().invoke(cli.app, ["config", "set", "crawl.contact", "", "--home", str(home)])
    assert (told.exit_code, told.output) == (0, 'crawl.contact = ""\n')


@pytest.mark.parametrize(
    "line",
    [
        "next 3 --seed -1",
        "push --next 3 --seed -1",
        "next 3 --random-share nan",
        "audit --unlikely nan",
        "audit --unlikely 1.5",
        "audit --least -1",
        "raters report --fast-ms -1",
        "raters report --slow-ms inf",
        "crawl https://example.org --rate nan",
    ],
)
def test_a_number_that_cannot_count_is_refused(home: Path, line: str) -> None:
    told = CliRunner().invoke(cli.app, [*line.split(), "--home", str(home)])
    assert told.exit_code == 2, told.exception
    assert "Invalid value" in told.output


@pytest.mark.parametrize("line", ["labels FILE.csv", "duplicates --write FILE"])
def test_a_file_in_no_folder_is_refused_by_the_name_that_was_typed(answered: Path, line: str) -> None:
    there = answered.parent / "nowhere" / "x"
    told = typed(*line.replace("FILE", str(there)).split(), "--home", str(answered))
    assert told.returncode == 1
    assert str(there) in told.stderr
    assert "expected a name in a folder that is there" in told.stderr


def test_what_a_dry_run_of_publish_says_holds_for_the_name_that_was_typed(home: Path) -> None:
    told = typed("publish", "voices", "--dry-run", "--home", str(home))
    assert told.returncode == 1
    assert "'voices' cannot be the name of a dataset" in told.stderr


def test_a_list_that_finds_nothing_says_what_was_sought(answered: Path) -> None:
    assert "no clip has 'zebra'" in typed("list", "zebra", "--home", str(answered)).stdout


def test_labels_of_raters_that_are_not_there_say_so_and_name_the_file(answered: Path, tmp_path: Path) -> None:
    told = typed("labels", str(tmp_path / "m.csv"), "--by", "model", "--home", str(answered)).stdout
    assert "no answers by such raters" in told
    assert "m.csv: no row" in told


def test_an_export_of_raters_that_are_not_there_names_them(answered: Path) -> None:
    told = typed("export", "--by", "model", "--home", str(answered))
    assert "nothing is labelled by model yet" in told.stderr


def test_several_results_are_one_document(answered: Path, tmp_path: Path) -> None:
    done = typed("export", "--no-figures", "--form", "csv", "--json", "--home", str(answered))
    release, form = json.loads(done.stdout)
    assert (release["name"], form["form"]) == ("v1", "csv")
    prints = str(tmp_path / "prints")
    done = typed("duplicates", "--write", prints, "--against", prints, "--json", "--home", str(answered))
    assert [sorted(one)[0] for one in json.loads(done.stdout)] == ["bytes", "against"]
    (done,) = [typed("export", "--no-figures", "--json", "--home", str(answered))]
    assert json.loads(done.stdout)["name"] == "v1"


@pytest.mark.parametrize(
    "line",
    [
        "add media/urls.txt --allow-host https://example.org/",
        "crawl https://example.org --allow https://example.org",
    ],
)
def test_an_address_is_no_host(home: Path, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    (home / "media" / "urls.txt").write_text("https://example.org/a.wav\n", "utf-8")
    told = typed(*line.split(), "--home", str(home))
    assert told.returncode == 1
    assert "is no host; expected its name alone" in told.stderr
