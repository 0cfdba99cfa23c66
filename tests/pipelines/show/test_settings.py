"""What `config get` and `config set` say."""

import pytest

from pipelines.configuration import Setting
from pipelines.show.settings import changed, settings

SHORTER, NAMES = Setting("voice.min_ms", 200, 300), Setting("labels.methods", ("mean",), ("mean",))


def test_one_setting_is_its_value_alone_and_several_are_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    settings([SHORTER])
    assert capsys.readouterr().out == "200\n"
    settings([SHORTER, NAMES])
    assert [line.split() for line in capsys.readouterr().out.splitlines()[2:]][-2:] == [
        ["voice.min_ms", "200", "300"],
        ["labels.methods", '["mean"]', "-"],
    ]


def test_a_change_is_told_as_the_file_has_it(capsys: pytest.CaptureFixture[str]) -> None:
    changed(NAMES)
    assert capsys.readouterr().out == 'labels.methods = ["mean"]\n'
