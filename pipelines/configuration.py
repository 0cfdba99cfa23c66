"""`config`: what `emocurate.toml` says, key by key, and how one key is changed without touching the rest."""

import re
import tomllib
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

from schemas.errors import BadSetting, nearest
from schemas.idle import idle
from schemas.settings import FILE_NAME, Settings, load_settings, settings_from_toml
from schemas.tables import toml_value


@dataclass(frozen=True)
class Setting:
    """One setting by its key, such as voice.min_ms, with its value and its default.

    `idle` says why it has no effect as the others are now, and what to type; None where it has, or is the default.
    """

    key: str
    value: Any
    default: Any
    idle: str | None = None


def settings_of(home: Path, key: str | None = None) -> list[Setting]:
    """Every setting of a collection, or one, or one section; raises BadSetting for a key that there is none of."""
    loaded = load_settings(home)
    settings, defaults, without = _flat(loaded), _flat(Settings()), idle(loaded)
    found = [name for name in settings if key in (None, name, name.partition(".")[0])]
    if not found:
        raise BadSetting(f"no setting {key!r}; {nearest(str(key), settings)}")
    return [Setting(name, settings[name], defaults[name], without.get(name)) for name in found]


def change(home: Path, key: str, text: str) -> Setting:
    """Set one key to a value as TOML writes it, or to plain text, or to a list with commas; all else stays as it is.

    Raises BadSetting, and changes nothing, where the key or the value is none of ours.
    """
    setting = settings_of(home, key)[0]
    if setting.key != key:
        raise BadSetting(f"{key!r} is a section; name one of its settings, such as {setting.key}")
    value = _value(text, setting.default)
    file = home / FILE_NAME
    before = file.read_text("utf-8-sig")
    after = _changed(before, key, value)
    if _flat(settings_from_toml(after)) != {**_flat(settings_from_toml(before)), key: _frozen(value)}:
        raise BadSetting(f"{file} is written in a way that cannot be changed from here; change {key} with an editor")
    aside = file.with_name(f".{file.name}.aside")
    aside.write_text(after, "utf-8")
    aside.replace(file)
    return settings_of(home, key)[0]


def _flat(settings: Settings) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for field in fields(settings):
        value = getattr(settings, field.name)
        inside = {f"{field.name}.{key}": one for key, one in vars(value).items()} if is_dataclass(value) else None
        flat |= {field.name: value} if inside is None else inside
    return flat


def _value(text: str, default: Any) -> Any:
    """A value as it was typed, of the kind of its default where the text leaves a choice."""
    if isinstance(default, str):
        return text
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        parts = re.split(r",(?![^(]*\))", text)  # a method's parameters have commas of their own
        value = [part.strip() for part in parts if part.strip()] if isinstance(default, tuple) else text
    if isinstance(default, tuple) and not isinstance(value, list):
        value = [text]
    return float(value) if isinstance(default, float) and type(value) is int else value


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _changed(text: str, key: str, value: Any) -> str:
    """The text of a TOML file with another value in the line, or lines, of one key."""
    section, _, name = key.rpartition(".")
    lines, line = text.splitlines(), f"{name} = {toml_value(_frozen(value))}"
    first = next((at + 1 for at, one in enumerate(lines) if one.strip() == f"[{section}]"), None) if section else 0
    if first is None:
        return "\n".join([*lines, "", f"[{section}]", line]) + "\n"
    last = next((at for at in range(first, len(lines)) if lines[at].lstrip().startswith("[")), len(lines))
    start = next((at for at in range(first, last) if lines[at].partition("=")[0].strip() == name), None)
    if start is None:
        return "\n".join([*lines[:first], line, *lines[first:]]) + "\n"
    end = next((at for at in range(start + 1, last + 1) if _is_whole(lines[start:at])), start + 1)
    return "\n".join([*lines[:start], line, *lines[end:]]) + "\n"


def _is_whole(lines: list[str]) -> bool:
    try:
        tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        return False
    return True
