"""The command line: light to start, honest in its exit codes, and kind about mistakes."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.processes import Done, typed

HEAVY = (
    "av", "cv2", "datasets", "duckdb", "huggingface_hub", "label_studio_sdk", "numpy", "onnxruntime", "pandas", "PIL",
    "pyarrow", "scipy", "soundfile", "torch", "webdataset",
)  # fmt: skip
VERBS = (
    "init", "add", "run", "status", "studio", "push", "pull", "agree", "labels", "export", "publish", "doctor", "demo",
    "answers import", "corpus import", "raters report", "raters exclude", "raters include", "audit", "next", "plot", "bench make", "bench score",
    "list", "show", "config get", "config set",
)  # fmt: skip


def emocurate(*words: str, home: Path | None = None) -> Done:
    return typed(*words, **({"EMOCURATE_HOME": str(home)} if home else {}))


def reported(*words: str, home: Path) -> Any:
    done = emocurate(*words, "--json", home=home)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_help_loads_nothing_heavy_and_costs_less_than_half_a_second() -> None:
    told = (
        "import resource, sys; sys.argv = ['emocurate', '--help']; import cli\n"
        "try: cli.main()\nexcept SystemExit: pass\n"
        "used = resource.getrusage(resource.RUSAGE_SELF); print('\\ncpu', used.ru_utime + used.ru_stime)\n"
        f"print('loaded', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    best = 9.0
    for _ in range(3):  # CPU seconds of a process, the least disturbed of three
        done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
        assert "loaded []" in done.stdout
        best = min(best, float(done.stdout.split("\ncpu ")[1].split()[0]))
    assert best < 0.5


def test_the_version_is_told() -> None:
    from importlib.metadata import version

    done = emocurate("--version")
    assert (done.returncode, done.stdout) == (0, f"emocurate {version('emocurate')}\n")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb: str) -> None:
    done = emocurate(*verb.split(), "--help")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) > 5


def test_every_verb_stands_in_the_readme() -> None:
    readme = (Path(__file__).resolve().parents[1] / "README.md").read_text("utf-8")
    assert [verb for verb in VERBS if f"`{verb}" not in readme and f"emocurate {verb}" not in readme] == [
        "raters include",
    ]
    assert "make demo" in readme


@pytest.mark.parametrize("verb", ["run", "status", "push", "pull", "agree", "export"])
def test_without_a_collection_every_verb_says_how_to_make_one(verb: str, tmp_path: Path) -> None:
    done = emocurate(verb, home=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("error: there is no collection")
    assert "emocurate init" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_setting_without_effect_is_told_where_it_is_set_and_by_run_and_a_limit_of_that_kind_refused(
    tmp_path: Path,
) -> None:
    assert emocurate("init", str(tmp_path)).returncode == 0
    assert "has no effect" not in emocurate("config", "set", "voice.overlaps", "true", home=tmp_path).stderr
    emocurate("config", "set", "moment.min_sync", "0.6", home=tmp_path)
    told = "moment.min_sync = 0.6 has no effect while moment.find = false; type: emocurate config set moment.find true"
    read = emocurate("config", "get", "moment.min_sync", home=tmp_path)
    assert read.stdout == "0.6\n"
    assert told in read.stderr
    ran = emocurate("run", home=tmp_path)
    assert ran.returncode == 0
    assert told in ran.stderr
    assert "voice.overlaps" not in ran.stderr
    emocurate("config", "set", "voice.max_singing", "0.1", home=tmp_path)
    refused = emocurate("run", home=tmp_path)
    assert refused.returncode == 1
    assert "error: voice.max_singing = 0.1 has no effect while voice.music = " in refused.stderr


def test_who_starts_our_label_studio_is_told_that_another_one_is_used(tmp_path: Path) -> None:
    emocurate("init", str(tmp_path))
    emocurate("config", "set", "labelling.address", "https://label.example.org", home=tmp_path)
    done = emocurate("studio", "--rater", "nobody", home=tmp_path)  # refused before anything is started
    assert done.stderr.startswith("push and pull go on with labelling.address = https://label.example.org, not with ")
    assert "'nobody' is no e-mail address" in done.stderr


def test_a_wrong_setting_is_told_by_every_verb(tmp_path: Path) -> None:
    emocurate("init", str(tmp_path))
    settings = tmp_path / "emocurate.toml"
    settings.write_text(settings.read_text().replace("min_snr_db", "min_snr"))
    done = emocurate("status", home=tmp_path)
    assert done.returncode == 1
    assert "did you mean 'min_snr_db'" in done.stderr


def test_init_twice_keeps_what_is_there(tmp_path: Path) -> None:
    emocurate("init", str(tmp_path), "--name", "first")
    again = emocurate("init", str(tmp_path), "--name", "second")
    assert again.returncode == 0
    assert "What was typed is not used; change it with: emocurate config set name VALUE" in again.stderr
    assert 'name = "first"' in (tmp_path / "emocurate.toml").read_text()


def test_a_scheme_nobody_knows_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    done = emocurate("init", str(tmp_path / "new"), "--scheme", "ekmann")
    assert (done.returncode, (tmp_path / "new").exists()) == (1, False)
    assert "did you mean 'ekman'" in done.stderr


def test_add_run_and_status_report_as_json_and_the_numbers_add_up(tmp_path: Path) -> None:
    from importlib.resources import files

    emocurate("init", str(tmp_path))
    samples = str(files("pipelines.demo") / "media")
    added = reported("add", samples, "--licence", "CC0-1.0", home=tmp_path)
    assert added["files"] == added["new"] + sum(added["dropped"].values())
    assert added["dropped"] == {"not media: text": 1}
    ran = reported("run", home=tmp_path)
    assert (ran["failed"], ran["files"]) == (0, added["new"])
    status = reported("status", home=tmp_path)
    files_, voices = status["files"], status["clips"]["voice"]
    assert files_["total"] == files_["kept"] + sum(files_["dropped"].values()) + sum(files_["failed"].values())
    assert voices["found"] == voices["good"] + sum(voices["below"].values()) > 0
    assert reported("agree", home=tmp_path) == []


def test_a_run_with_failures_says_so_in_its_exit_code(tmp_path: Path) -> None:
    emocurate("init", str(tmp_path / "home"))
    (tmp_path / "gone.wav").symlink_to(tmp_path / "nowhere.wav")
    (tmp_path / "in").mkdir()
    (tmp_path / "gone.wav").rename(tmp_path / "in" / "gone.wav")
    done = emocurate("add", str(tmp_path / "in"), home=tmp_path / "home")
    assert done.returncode == 1
    assert "No such file" in done.stdout


@pytest.mark.parametrize("more", [(), ("--consent", "c.csv"), ("--inbox", "in")])
def test_sites_are_not_asked_again_by_what_asks_none(tmp_path: Path, more: tuple[str, ...]) -> None:
    emocurate("init", str(tmp_path / "home"))
    (tmp_path / "in").mkdir()
    done = emocurate("add", str(tmp_path / "in"), "--retry", *more, home=tmp_path / "home")
    assert done.returncode != 0
    assert "retry" in done.stderr


def test_push_without_label_studio_says_what_to_type(tmp_path: Path) -> None:
    emocurate("init", str(tmp_path))
    assert "start it with: emocurate studio" in emocurate("push", home=tmp_path).stderr


def test_export_without_labels_and_publish_without_a_release_say_what_to_type(tmp_path: Path) -> None:
    emocurate("init", str(tmp_path))
    assert "emocurate pull" in emocurate("export", home=tmp_path).stderr
    assert "emocurate export" in emocurate("publish", "someone/something", home=tmp_path).stderr


def test_the_doctor_names_the_models_and_their_licences(tmp_path: Path) -> None:
    emocurate("init", str(tmp_path))
    told = {finding["what"]: finding for finding in reported("doctor", home=tmp_path)}
    assert any(what.startswith("model Silero") and one["found"].startswith("MIT") for what, one in told.items())
    assert all(finding["state"] != "bad" for finding in told.values())


def test_a_wrong_column_flag_is_told(tmp_path: Path) -> None:
    emocurate("init", str(tmp_path))
    (tmp_path / "m.csv").write_text("path\n")
    done = emocurate("add", str(tmp_path), "--metadata", str(tmp_path / "m.csv"), "--columns", "speaker", home=tmp_path)
    assert "expected OURS=THEIRS" in done.stderr


def test_every_field_of_a_layout_from_flags_has_a_flag_of_its_name() -> None:
    import inspect
    from dataclasses import fields

    from annotate.ratings.flags import Flags
    from pipelines.commands import ratings

    assert {field.name for field in fields(Flags)} <= set(inspect.signature(ratings.answers_import).parameters)


def test_nobody_else_claims_our_import_names() -> None:
    from importlib.metadata import packages_distributions

    owners = packages_distributions()
    assert {name: set(owners.get(name, ())) - {"emocurate"} for name in ("cli", "schemas", "curate", "pipelines")} == {
        "cli": set(),
        "schemas": set(),
        "curate": set(),
        "pipelines": set(),
    }


def test_a_table_of_ratings_comes_in_and_its_labels_go_out(tmp_path: Path) -> None:
    emocurate("init", str(tmp_path / "home"))
    table = tmp_path / "study.csv"
    table.write_text("id,V,A\ns1,1,1\ns1,3,2\ns1,5,3\ns2,2,2\n", "utf-8")
    flags = ("--item", "id", "--wide", "valence=V,arousal=A", "--drop", "V = 1 AND A = 1", "--min-answers", "2")
    (done,) = reported("answers", "import", str(table), *flags, home=tmp_path / "home")
    assert (done["rows"]["rows"], done["rows"]["dropped"], done["removed"]["few_items"]) == (4, 1, 1)
    told = reported("labels", str(tmp_path / "labels.jsonl"), "--method", "mean", home=tmp_path / "home")
    assert [(one["question"], one["method"], one["items"]) for one in told["drawn"]] == [
        ("arousal", "mean@1", 1), ("valence", "mean@1", 1),
    ]  # fmt: skip
    rows = [json.loads(line) for line in (tmp_path / "labels.jsonl").read_text("utf-8").splitlines()]
    assert {row["question"]: (row["item"], row["n"], row["number"], row["deviation"]) for row in rows} == {
        "valence": ("study/s1", 2, 4.0, 1.0),
        "arousal": ("study/s1", 2, 2.5, 0.5),
    }


def test_rows_that_are_refused_are_told_with_line_and_reason(tmp_path: Path) -> None:
    emocurate("init", str(tmp_path / "home"))
    table = tmp_path / "study.csv"
    table.write_text("clip,rater,emotion\nc1,ann,anger\nc1,bob,angst\n", "utf-8")
    done = emocurate("answers", "import", str(table), "--scheme", "ekman", home=tmp_path / "home")
    assert done.returncode == 0, done.stderr
    assert "line 3: 'angst' is no category of 'emotion'; did you mean 'anger'" in done.stdout


def test_a_corpus_folder_comes_in_with_media_and_labels(tmp_path: Path) -> None:
    import soundfile

    emocurate("init", str(tmp_path / "home"))
    folder = tmp_path / "RAVDESS" / "Actor_01"
    folder.mkdir(parents=True)
    for name in ("03-01-03-01-01-01-01", "03-01-05-02-01-01-01"):
        soundfile.write(folder / f"{name}.wav", [0.1, -0.1] * 800 + [float(len(name))] * ("05" in name), 16_000)
    done = reported("corpus", "import", str(tmp_path / "RAVDESS"), "--as", "ravdess", home=tmp_path / "home")
    assert (done["added"]["new"], done["source"]["licence"]) == (2, "CC-BY-NC-SA-4.0")
    assert done["unlabelled"] == done["fileless"] == []
    wrong = emocurate("corpus", "import", str(tmp_path / "RAVDESS"), "--as", "ravdes", home=tmp_path / "home")
    assert "did you mean 'ravdess'" in wrong.stderr
