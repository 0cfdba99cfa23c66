"""The YAML at the top of a card: what the Hub and the `datasets` library read before any sample."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from pipelines.release.tally import Tally
from schemas.columns import Field, ListOf, Type
from schemas.licences import listed
from schemas.release import SPLITS, Bare, LabelledBy, Part, Release
from schemas.scheme import Media

GATE = (
    "I will not try to find out who is heard or seen, and I will not use this dataset to infer emotions "
    "of people at work or in education."
)
LABELS_ONLY, LABELS_SPLIT = "labels-only", "labels"  # the configuration of clips without their media
MEDIA_TYPE = {"voice": "audio", "face": "image", "moment": "video"}
# Sound that is typed as audio loads with torch and torchcodec alone, pictures with Pillow alone, so the configuration
# that people get who name none has media as bytes; the typed one is what the Hub's viewer plays and shows.
AS_BYTES: dict[Media, str] = {"voice": "voice-bytes", "face": "face-bytes", "moment": "moment-bytes"}
_TASK = {"voice": "audio-classification", "face": "image-classification", "moment": "video-classification"}
_CREATOR: dict[LabelledBy, str] = {  # in the Hub's words; whether people were a crowd or experts, nobody has said
    "person": "other", "model": "machine-generated", "corpus": "found", "intended": "found",
}  # fmt: skip
_SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"), (10**7, "1M<n<10M"))
# Ids the Hub knows, where they are not simply the SPDX id in small letters.
_HUB_NAMES = {"odc-by-1.0": "odc-by", "odbl-1.0": "odbl", "pddl-1.0": "pddl"}
_CC = ("cc0-1.0", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0")
_CC_NC = ("cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0")
_CC_ND = ("cc-by-nd-4.0", "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0")
_DATA = ("cdla-permissive-1.0", "cdla-permissive-2.0", "cdla-sharing-1.0", "odc-by", "odbl", "pddl")
_CODE = ("apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "gpl-3.0", "lgpl-3.0", "mpl-2.0", "unlicense")
_HUB_LICENCES = frozenset((*_CC, *_CC_NC, *_CC_ND, *_DATA, *_CODE))
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_WIDTH = 110


def front_matter(release: Release, tally: Tally) -> str:
    """The YAML block of a card, between its two lines of dashes; configurations name splits that have samples only.

    Counts per split are left out on purpose: a count that is off by one keeps the whole dataset from loading.
    """
    parts = [part for part in release.parts if tally.of(part.media)]
    matter: dict[str, Any] = {
        **_licence(tally),
        "pretty_name": release.title,
        "language": languages(tally),
        "task_categories": [_TASK[part.media] for part in parts],
        "tags": ["emotion", *(["webdataset"] if parts else [])],
        "size_categories": [_size(tally.samples.total() + tally.bare.total())],
        "annotations_creators": _creators(tally) or ["no-annotation"],
        "configs": _configs(parts, tally, release.bare),
        "dataset_info": [
            {"config_name": name, "features": types} for part in parts for name, types in features(part).items()
        ],
        "extra_gated_prompt": GATE if binds(release, tally) else None,
    }
    return dumped({key: value for key, value in matter.items() if value})


def _creators(tally: Tally) -> list[str]:
    """Who labelled, also where single answers are not passed on."""
    return sorted({_CREATOR[by] for by in (*(kind for kind, _ in tally.raters), *tally.labelled_by)})


def binds(release: Release, tally: Tally) -> bool:
    """Whether terms may bind whoever is let in: only where every clip rests on consent or on rights of our own.

    A public licence allows none beside its own (CC BY 4.0, section 2(a)(5)), whoever granted it.
    """
    terms = (*tally.licences, *tally.bare)
    public = {listed(licence) for licence, _ in terms} | {listed(source.licence) for source in release.label_sources}
    return bool(terms) and public == {None} and all(basis in ("consent", "synthetic") for _, basis in terms)


def dumped(matter: Mapping[str, Any]) -> str:
    """Front matter between its two lines of dashes."""
    text = yaml.dump(dict(matter), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)
    return f"---\n{text}---\n"


def configurations(medias: Iterable[Media]) -> list[str]:
    """The names of the configurations of some media; the first is the default."""
    return [name for media in medias for name in (AS_BYTES[media], media)]


def features(part: Part) -> dict[str, list[dict[str, Any]]]:
    """The types of every configuration of a medium as the `datasets` library writes them into cards.

    What is said of samples is one object for all, which YAML writes once: `datasets` takes a card apart at every turn.
    """
    sample = {"name": "json", "struct": struct(part.layout.fields)}
    media = zip(configurations([part.media]), ("binary", MEDIA_TYPE[part.media]), strict=True)
    texts = ("__key__", "__url__")
    return {
        name: [{"name": part.suffix, "dtype": kind}, sample, *({"name": text, "dtype": "string"} for text in texts)]
        for name, kind in media
    }


def licence_id(licence: str) -> str | None:
    """The Hub's id of a licence given by its SPDX id in any spelling of case; None when the Hub has none."""
    lower = licence.strip().lower()
    known = _HUB_NAMES.get(lower, lower)
    return known if known in _HUB_LICENCES else None


def languages(tally: Tally) -> list[str]:
    """The languages of the samples as the Hub wants them: two or three small letters, regions left out."""
    codes = {re.split(r"[-_]", language.strip().lower())[0] for language in tally.languages}
    return sorted(code for code in codes if re.fullmatch(r"[a-z]{2,3}", code))


def _licence(tally: Tally) -> dict[str, str]:
    names = {licence or basis for licence, basis in (*tally.licences, *tally.bare)}
    known = {licence_id(name) for name in names}
    if len(known) == 1 and (only := known.pop()):
        return {"license": only}
    name = re.sub(r"[^a-z0-9.]+", "-", names.pop().lower()).strip("-") if len(names) == 1 else "several"
    return {"license": "other", "license_name": name or "own", "license_link": "LICENSE.md"}


def _configs(parts: Sequence[Part], tally: Tally, bare: Bare | None) -> list[dict[str, Any]]:
    configs: list[dict[str, Any]] = []
    for part in parts:
        present = tally.of(part.media)
        files = [
            {"split": split, "path": f"{part.media}/{part.media}-{split}-*.tar"} for split in SPLITS if split in present
        ]
        configs += [{"config_name": name, "data_files": files} for name in configurations([part.media])]
    if bare and not configs:  # `datasets` reads all configurations of a folder by one module: shards or tables
        configs.append(
            {"config_name": LABELS_ONLY, "data_files": [{"split": LABELS_SPLIT, "path": bare.table.path.name}]}
        )
    return [{**config, **({"default": True} if config is configs[0] else {})} for config in configs]


def struct(columns: tuple[Field, ...]) -> list[dict[str, Any]]:
    """The types of columns as the `datasets` library writes them into cards."""
    return [{"name": column.name, **(_classes(column) or _typed(column.type))} for column in columns]


def _classes(column: Field) -> dict[str, Any] | None:
    """The type of a column of few known texts, which loads as numbers with names."""
    if not column.categories:
        return None
    return {"dtype": {"class_label": {"names": {str(place): name for place, name in enumerate(column.categories)}}}}


def _typed(type_: Type) -> dict[str, Any]:
    if isinstance(type_, str):
        return {"dtype": type_}
    if isinstance(type_, ListOf):
        inner = _typed(type_.of)
        return {"list": inner.get("dtype") or inner.get("struct") or inner}
    return {"struct": struct(type_)}


def _size(samples: int) -> str:
    return next((name for limit, name in _SIZES if samples < limit), "10M<n<100M")


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]
    """Writes a word plainly where YAML lets it, and any other text in double quotes, which every reader takes alike."""


def _text(dumper: _Dumper, text: str) -> yaml.Node:
    # Without quotes YAML 1.1, as Python reads it, and 1.2, as the Hub does, differ on words such as 1e3.
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if _WORD.fullmatch(text) else '"')


_Dumper.add_representer(str, _text)
