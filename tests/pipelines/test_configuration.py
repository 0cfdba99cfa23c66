"""`config`: one key is read or changed, and the rest of the file stays as its owner wrote it."""

from pathlib import Path

import pytest

from pipelines.configuration import change, settings_of
from schemas.errors import BadSetting
from schemas.settings import FILE_NAME, load_settings, settings_to_toml

OWN = """\
name = "mine"  # a comment
[labels]
methods = [
  "majority",  # for choices
  "mean",
]
[export]
shard_mb = 7
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    (tmp_path / FILE_NAME).write_text(OWN, "utf-8")
    return tmp_path


def test_all_settings_a_section_and_one_are_read_with_their_defaults(mine: Path) -> None:
    assert {"name", "voice.min_ms", "publish.licences"} <= {setting.key for setting in settings_of(mine)}
    assert {setting.key for setting in settings_of(mine, "labels")} == {"labels.methods"}
    (share,) = settings_of(mine, "export.shard_mb")
    assert (share.value, share.default) == (7, 256)


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("name", "yours & mine", "yours & mine"),
        ("name", "1", "1"),
        ("voice.min_ms", "400", 400),
        ("voice.bursts", "false", False),
        ("voice.min_snr_db", "1", 1.0),
        ("labels.methods", "strict, median", ("strict", "median")),
        ("labels.methods", "strict, threshold(m=2,n=3)", ("strict", "threshold(m=2,n=3)")),
        ("labels.methods", '["threshold(m=2,n=3)"]', ("threshold(m=2,n=3)",)),
        ("labelling.schemes", "vad", ("vad",)),
    ],
)
def test_a_key_is_changed_and_nothing_else(mine: Path, key: str, text: str, value: object) -> None:
    before = {setting.key: setting.value for setting in settings_of(mine)}
    assert change(mine, key, text).value == value
    assert {setting.key: setting.value for setting in settings_of(mine)} == {**before, key: value}
    lines = (mine / FILE_NAME).read_text("utf-8").splitlines()
    if key != "name":
        assert lines[0] == 'name = "mine"  # a comment'


def test_every_setting_of_a_new_collection_can_be_set_to_what_it_is(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(settings_to_toml("new"), "utf-8")
    for setting in settings_of(tmp_path):
        text = str(setting.value).lower() if isinstance(setting.value, bool) else str(setting.value)
        change(tmp_path, setting.key, ",".join(setting.value) if isinstance(setting.value, tuple) else text)
    assert (tmp_path / FILE_NAME).read_text("utf-8") == settings_to_toml("new")


def test_a_setting_without_effect_is_told_where_it_is_set_and_where_it_is_read(mine: Path) -> None:
    assert "while export.answers = false" not in str(change(mine, "export.texts", "true").idle)
    change(mine, "export.answers", "false")
    (texts,) = settings_of(mine, "export.texts")
    assert "export.texts = true has no effect while export.answers = false" in str(texts.idle)
    assert [one.key for one in settings_of(mine) if one.idle] == ["export.texts"]
    assert "voice.max_music = 0.1 has no effect" in str(change(mine, "voice.max_music", "0.1").idle)


@pytest.mark.parametrize(
    ("key", "text", "told"),
    [
        ("voice.min_mss", "3", "did you mean 'voice.min_ms'"),
        ("voice", "3", "'voice' is a section"),
        ("voice.min_ms", "many", "voice.min_ms"),
        ("voice.min_ms", "-5", "voice.min_ms = -5"),
        ("labels.methods", "majorty", "did you mean 'majority'"),
        ("publish.licences", "CCBY", "did you mean 'CC-BY-4.0'"),
    ],
)
def test_a_key_or_value_that_is_none_changes_nothing(mine: Path, key: str, text: str, told: str) -> None:
    with pytest.raises(BadSetting) as refused:
        change(mine, key, text)
    assert told in str(refused.value)
    assert (mine / FILE_NAME).read_text("utf-8") == OWN
    assert load_settings(mine).name == "mine"
