"""What a collection's `emocurate.toml` may say, with the default of every key; unknown keys are refused."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from schemas.duplicates import DuplicateSettings
from schemas.errors import BadSetting, nearest
from schemas.licences import checked
from schemas.ranges import NO_END, RANGES
from schemas.scheme import shipped_schemes
from schemas.sections import (
    CrawlSettings,
    ExportSettings,
    FaceSettings,
    LabellingSettings,
    LabelSettings,
    MomentSettings,
    PublishSettings,
    RunSettings,
    StoreSettings,
    VoiceSettings,
)
from schemas.tables import built, repeated, shown, toml_value

FILE_NAME = "emocurate.toml"
DRIVERS = ("s3", "hf")  # of fsspec, those that were tried
RETIRED = {  # keys of older files: accepted, without effect
    "labels.reliable_alpha": "alpha stands with its interval and its author's bands; no question is called reliable",
}
ORDERED = (("voice.min_ms", "voice.max_ms"), ("face.min_brightness", "face.max_brightness"))
METHODS = (  # consensus methods by name; `annotate.consensus.specs` has one for each, and knows their parameters
    "majority", "strict", "threshold", "soft", "gold", "ferplus-majority", "ferplus-probability",
    "ferplus-multi-target", "dawid-skene", "one-coin", "mace", "glad", "mean", "median", "trimmed", "ewe")  # fmt: skip
_SAME = re.compile(r"\s|@\d+|\(\s*\)")  # what may differ between two spellings of one method


@dataclass(frozen=True)
class Settings:
    """All settings of a collection."""

    name: str = "collection"
    run: RunSettings = field(default_factory=RunSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    crawl: CrawlSettings = field(default_factory=CrawlSettings)
    voice: VoiceSettings = field(default_factory=VoiceSettings)
    face: FaceSettings = field(default_factory=FaceSettings)
    moment: MomentSettings = field(default_factory=MomentSettings)
    duplicates: DuplicateSettings = field(default_factory=DuplicateSettings)
    labelling: LabellingSettings = field(default_factory=LabellingSettings)
    labels: LabelSettings = field(default_factory=LabelSettings)
    export: ExportSettings = field(default_factory=ExportSettings)
    publish: PublishSettings = field(default_factory=PublishSettings)


def settings_from_toml(text: str) -> Settings:
    """The Settings of a TOML text; raises BadSetting that names the key, the value and the nearest valid key."""
    try:
        data = tomllib.loads(text)
    except ValueError as error:  # a number of thousands of digits is none, either
        raise BadSetting(f"{FILE_NAME} is not valid TOML: {error}") from None
    for key in RETIRED:
        section, _, name = key.partition(".")
        if isinstance(data.get(section), dict):
            data[section].pop(name, None)
    settings = built(Settings, data, FILE_NAME)
    _check(settings)
    return settings


def load_settings(home: Path) -> Settings:
    """The Settings of the collection in `home`; defaults where its file says nothing."""
    try:
        return settings_from_toml((home / FILE_NAME).read_text("utf-8-sig"))  # some editors begin a file with a mark
    except UnicodeDecodeError:
        raise BadSetting(f"{home / FILE_NAME} is not UTF-8 text; save it as UTF-8") from None


def retired(home: Path) -> dict[str, str]:
    """The keys in the settings of a collection that no longer have an effect, each with what stands in their place."""
    data = tomllib.loads((home / FILE_NAME).read_text("utf-8-sig"))
    parted = {key: key.partition(".") for key in RETIRED}
    return {key: RETIRED[key] for key, (section, _, name) in parted.items() if name in data.get(section, {})}


def settings_to_toml(name: str, schemes: tuple[str, ...] = ("ekman",)) -> str:
    """The text of a new `emocurate.toml`: every key with its default, sections explained."""
    settings = Settings(name=name, labelling=LabellingSettings(schemes=schemes))
    lines = [
        "# Settings of this emocurate collection. Thresholds may be changed at any time: nothing is computed",
        "# again, but where speech is cut (voice.max_ms).",
        "",
    ]
    lines += [f"name = {toml_value(settings.name)}"]
    for one in fields(settings):
        section = getattr(settings, one.name)
        if is_dataclass(section):
            lines += ["", *(f"# {line.strip()}" for line in (section.__doc__ or "").splitlines() if line.strip())]
            lines += [
                f"[{one.name}]",
                *(f"{key.name} = {toml_value(getattr(section, key.name))}" for key in fields(section)),
            ]
    return "\n".join(lines) + "\n"


def _check(settings: Settings) -> None:
    _check_numbers(settings)
    _check_devices(settings.run.devices)
    _check_repeated("labelling.schemes", settings.labelling.schemes)
    _check_repeated("labels.methods", [_SAME.sub("", method) for method in settings.labels.methods])
    for scheme in settings.labelling.schemes:
        if not scheme.endswith(".toml"):  # those lie in the collection and are read when they are wanted
            _known("labelling.schemes", scheme, shipped_schemes())
    _check_store(settings.store)
    _check_address("labelling.address", settings.labelling.address)
    _check_address("labelling.media_url", settings.labelling.media_url)
    for method in settings.labels.methods:
        name = re.split(r"[@(\s]", method.strip(), maxsplit=1)[0]
        if name not in METHODS:
            raise BadSetting(f"{FILE_NAME}: labels.methods has {method!r}; {nearest(name, METHODS)}")
    for licence in settings.publish.licences:
        checked(licence, f"{FILE_NAME}: publish.licences has")
    if settings.publish.licence:
        checked(settings.publish.licence, f"{FILE_NAME}: publish.licence is")


def value_of(settings: Settings, key: str) -> Any:
    """The value of a setting by its key, such as voice.min_ms."""
    section, _, name = key.partition(".")
    return getattr(getattr(settings, section), name)


def _check_numbers(settings: Settings) -> None:
    for key, ends in RANGES.items():
        _check_range(key, value_of(settings, key), *ends)
    shares = settings.export
    total = shares.train + shares.validation + shares.test
    if abs(total - 1) > 1e-9:
        raise BadSetting(
            f"{FILE_NAME}: export.train + validation + test is {total:g}; expected 1; write all three with an editor"
        )
    for low, high in ORDERED:
        if value_of(settings, low) > value_of(settings, high):
            told = " is greater than ".join(f"{key} = {shown(value_of(settings, key))}" for key in (low, high))
            raise BadSetting(f"{FILE_NAME}: {told}; nothing would be asked")


def _known(key: str, value: str, names: Iterable[str]) -> None:
    if value not in names:
        raise BadSetting(f"{FILE_NAME}: {key} = {value!r}; {nearest(value, names)}")


def _check_range(key: str, value: float, lowest: float, highest: float) -> None:
    if lowest <= value <= highest:
        return
    expected = f"at least {lowest:g}" if highest == NO_END else f"{lowest:.15g} to {highest:.15g}"
    expected = f"at most {highest:g}" if lowest == -NO_END else expected
    raise BadSetting(f"{FILE_NAME}: {key} = {shown(value)}; expected {expected}")


def _check_repeated(key: str, values: Iterable[str]) -> None:
    if twice := repeated(values):
        raise BadSetting(f"{FILE_NAME}: {key} has {twice!r} twice; expected each once")


def _check_devices(devices: Sequence[str]) -> None:
    if not devices:
        raise BadSetting(f"{FILE_NAME}: run.devices is empty; expected what networks run on, such as cpu")
    _check_repeated("run.devices", devices)


def _check_store(store: StoreSettings) -> None:
    driver, _, place = store.address.partition("://")
    if store.address and (driver not in DRIVERS or not place.strip("/")):
        expected = " or ".join(f"{name}://" for name in DRIVERS)
        raise BadSetting(f"{FILE_NAME}: store.address = {store.address!r}; expected {expected} and a place, or nothing")
    if driver == "s3" and "@" in place.split("/")[0]:
        raise BadSetting(
            f"{FILE_NAME}: store.address has keys in it; they come from the environment: AWS_ACCESS_KEY_ID …"
        )


def _check_address(key: str, address: str) -> None:
    try:
        told = urlsplit(address)
        is_whole = told.scheme in ("http", "https") and bool(told.hostname) and told.port != 0
    except ValueError:  # a port that is no number
        is_whole = False
    if address and not is_whole:
        raise BadSetting(
            f"{FILE_NAME}: {key} = {address!r}; expected a web address such as https://label.example.org, or nothing"
        )
