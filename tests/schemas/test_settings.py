"""Settings: every key has a default, and what is wrong is told with the nearest right thing."""

from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import BadSetting
from schemas.ranges import RANGES
from schemas.settings import FILE_NAME, METHODS, Settings, load_settings, retired, settings_from_toml, settings_to_toml


@given(name=st.text(max_size=30))
def test_what_is_written_for_a_new_collection_reads_back_as_the_defaults(name: str) -> None:
    assert settings_from_toml(settings_to_toml(name)) == Settings(name=name)


def test_an_empty_file_means_the_defaults() -> None:
    assert settings_from_toml("") == Settings()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[voice]\nmin_snr = 3", "unknown key 'voice.min_snr'; did you mean 'min_snr_db'?"),
        ("[voices]\n", "unknown key 'voices'; did you mean 'voice'?"),
        ("[voice]\nmin_ms = 'long'", "voice.min_ms = 'long'; expected a whole number"),
        ("[voice]\nmin_ms = true", "voice.min_ms = True; expected a whole number"),
        ("[labelling]\nschemes = 'ekman'", "labelling.schemes = 'ekman'; expected a list of texts"),
        ("[export]\ntrain = 0.9", "export.train + validation + test is 1.1; expected 1; write all three"),
        ("[export]\ntrain = 1.1\ntest = -0.2", "export.train = 1.1; expected 0 to 1"),
        ("[export]\nlargest = 30", "export.largest = 30.0; expected 0.01 to 1"),
        ('[export]\nweigh_by = ["emotions"]', "did you mean 'emotion'?"),
        ("[duplicates]\npicture_bits = 64", "duplicates.picture_bits = 64; expected 0 to 20"),
        ("[duplicates]\nsound_error = 30", "duplicates.sound_error = 30.0; expected 0 to 0.5"),
        ("[duplicates]\nshared = 0", "duplicates.shared = 0.0; expected 0.01 to 1"),
        ("[duplicates]\nrepeated_in = 1", "duplicates.repeated_in = 1; expected 2 to 1000000"),
        ("[duplicates]\nstrictness = -1", "duplicates.strictness = -1.0; expected 0 to 100"),
        ("[voice]\nmin_ms = 900\nmax_ms = 800", "voice.min_ms = 900 is greater than voice.max_ms = 800"),
        ("[face]\nmin_brightness = 90\nmax_brightness = 80", "face.min_brightness = 90.0 is greater than face.max_"),
        ("[run]\ndevices = []", "run.devices is empty; expected what networks run on, such as cpu"),
        ('[run]\ndevices = ["cpu", "cpu"]', "run.devices has 'cpu' twice"),
        ("[run]\nworkers = -1", "run.workers = -1; expected 0 to 1024"),
        ('[face]\nbackend = "mtcn"', "face.backend = 'mtcn'; did you mean 'mtcnn'?"),
        ("[face]\nbackend = 1", "face.backend = 1; known: insightface, mtcnn"),
        ("[face]\nmin_score = 90", "face.min_score = 90.0; expected 0 to 1"),
        ("[voice]\nmin_loudness_lufs = 23", "voice.min_loudness_lufs = 23.0; expected at most 0"),
        ('[labelling]\nschemes = ["ekmann"]', "labelling.schemes = 'ekmann'; did you mean 'ekman'?"),
        ('[labelling]\naddress = "label.example.org"', "expected a web address"),
        ('[labelling]\naddress = "localhost:8080"', "expected a web address"),
        ('[labelling]\naddress = "http://localhost:eighty"', "expected a web address"),
        ('[labelling]\nmedia_url = "ftp://example.org/clips"', "labelling.media_url = 'ftp://example.org/clips'"),
        ('[labels]\nmethods = ["majorty"]', "labels.methods has 'majorty'; did you mean 'majority'?"),
        ('[labels]\nmethods = ["threshhold(m=2)"]', "did you mean 'threshold'?"),
        ('[publish]\nlicences = ["Our terms"]', "publish.licences has 'Our terms': expected an SPDX name"),
        ('[publish]\nlicences = ["CC-BY-4"]', "publish.licences has 'CC-BY-4': did you mean 'CC-BY-4.0'?"),
        ("name = ", "not valid TOML"),
        ("name = 3", "emocurate.toml: name = 3; expected a text"),
        ("run = 3", "emocurate.toml: run = 3; expected a table [run]"),
        ("[[run]]\nworkers = 1", "emocurate.toml: run = [{'workers': 1}]; expected a table [run]"),
        ("[run]\nseconds_per_file = 999999999999999999", "999999999999999999; expected 1 to 86400"),
        ("[run]\nseconds_per_file = 86401", "run.seconds_per_file = 86401; expected 1 to 86400"),
        ("[run]\nworkers = 5000", "run.workers = 5000; expected 0 to 1024"),
        ("[face]\nmin_blur = -1", "face.min_blur = -1.0; expected at least 0"),
        ("[voice]\nmin_snr_db = nan", "voice.min_snr_db = nan; expected a finite number"),
        ("[voice]\nmin_snr_db = inf", "voice.min_snr_db = inf; expected a finite number"),
        ("[voice]\nmin_snr_db = -inf", "voice.min_snr_db = -inf; expected a finite number"),
        (f"[voice]\nmin_snr_db = 1{'0' * 400}", "0…; expected a finite number"),
        ("[voice]\nmax_clipping = -1", "voice.max_clipping = -1.0; expected 0 to 1"),
        ("[voice]\nmax_ms = -1", "voice.max_ms = -1; expected 1 to 86400000"),
        ("[voice]\nbursts = 1", "voice.bursts = 1; expected true or false"),
        ("[face]\nmax_yaw_deg = -3", "face.max_yaw_deg = -3.0; expected 0 to 180"),
        ("[face]\nfind_px = 100000", "face.find_px = 100000; expected 12 to 1920"),
        ("[face]\nevery_ms = 999999999999", "face.every_ms = 999999999999; expected 1 to 86400000"),
        ("[export]\ntrain = nan", "export.train = nan; expected a finite number"),
        ('[labels]\nmethods = ["mean", "mean"]', "labels.methods has 'mean' twice; expected each once"),
        (
            '[labels]\nmethods = ["threshold(m=2,n=3)", "threshold@1(m=2, n=3)"]',
            "labels.methods has 'threshold(m=2,n=3)' twice",
        ),
        ('[labelling]\nschemes = ["ekman", "ekman"]', "labelling.schemes has 'ekman' twice"),
    ],
)
def test_a_wrong_setting_is_told_with_what_was_given_and_what_is_expected(text: str, told: str) -> None:
    with pytest.raises(BadSetting) as error:
        settings_from_toml(text)
    assert told in str(error.value)


def test_a_file_may_begin_with_the_mark_some_editors_write(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("\ufeffname = 'räume'\n", "utf-8")
    assert load_settings(tmp_path).name == "räume"


def test_a_file_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes("name = 'räume'\n".encode("latin-1"))
    with pytest.raises(BadSetting, match="is not UTF-8 text; save it as UTF-8"):
        load_settings(tmp_path)


def test_one_method_may_stand_there_with_other_parameters() -> None:
    methods = ("threshold(m=2)", "threshold(m=3)", "threshold")
    assert settings_from_toml(f"[labels]\nmethods = {list(methods)}").labels.methods == methods


@pytest.mark.parametrize("licence", ["cc by 4.0", "CC-BY-3.0-DE", "GPL-3.0-or-later", "LicenseRef-CC-BY"])
def test_a_licence_in_another_spelling_and_one_of_ones_own_are_taken(licence: str) -> None:
    assert settings_from_toml(f'[publish]\nlicences = ["{licence}"]').publish.licences == (licence,)


@pytest.mark.parametrize("address", ["http://localhost:8080", "https://label.example.org/studio/", ""])
def test_a_web_address_is_taken_as_it_is(address: str) -> None:
    assert settings_from_toml(f'[labelling]\naddress = "{address}"').labelling.address == address


def test_a_scheme_of_ones_own_is_not_looked_for_before_it_is_wanted() -> None:
    assert settings_from_toml('[labelling]\nschemes = ["mine.toml"]').labelling.schemes == ("mine.toml",)


def test_every_range_is_of_a_setting_there_is_and_holds_its_default() -> None:
    for key, (lowest, highest) in RANGES.items():
        section, name = key.split(".")
        assert lowest <= getattr(getattr(Settings(), section), name) <= highest


def test_every_number_among_the_settings_has_a_range() -> None:
    sections = {one.name: getattr(Settings(), one.name) for one in fields(Settings) if one.name != "name"}
    numbers = {
        f"{section}.{key}"
        for section, values in sections.items()
        for key, value in vars(values).items()
        if type(value) in (int, float)
    }
    assert numbers == RANGES.keys()


def test_a_whole_number_is_a_number() -> None:
    assert settings_from_toml("[voice]\nmin_snr_db = 4").voice.min_snr_db == 4.0


def test_a_retired_setting_of_an_older_collection_is_accepted_and_named(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("[labels]\nreliable_alpha = 0.3\n", "utf-8")
    assert load_settings(tmp_path) == Settings()
    assert list(retired(tmp_path)) == ["labels.reliable_alpha"]
    (tmp_path / FILE_NAME).write_text(settings_to_toml("collection"), "utf-8")
    assert retired(tmp_path) == {}


def test_every_consensus_method_may_be_named() -> None:
    from annotate.consensus import specs

    assert set(METHODS) == set(specs.METHODS)
