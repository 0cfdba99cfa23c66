"""Settings: every key has a default, and what is wrong is told with the nearest right thing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import BadSetting
from schemas.settings import Settings, settings_from_toml, settings_to_toml


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
        ("[voice]\nmin_ms = 'long'", "voice.min_ms = 'long'; expected int"),
        ("[voice]\nmin_ms = true", "voice.min_ms = True; expected int"),
        ("[labelling]\nschemes = 'ekman'", "labelling.schemes = 'ekman'; expected a list of texts"),
        ("[export]\ntrain = 0.9", "export.train + validation + test is 1.1; expected 1"),
        ("[run]\nworkers = -1", "run.workers = -1; expected at least 0"),
        ("name = ", "not valid TOML"),
    ],
)
def test_a_wrong_setting_is_told_with_what_was_given_and_what_is_expected(text: str, told: str) -> None:
    with pytest.raises(BadSetting) as error:
        settings_from_toml(text)
    assert told in str(error.value)


def test_a_whole_number_is_a_number() -> None:
    assert settings_from_toml("[voice]\nmin_snr_db = 4").voice.min_snr_db == 4.0
