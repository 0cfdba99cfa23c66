"""A collection: the folder with its settings, its catalog and its media, made by `init` and found by every verb."""

import uuid
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pipelines.engine.catalog import FILE_NAME as CATALOG
from pipelines.engine.catalog import create
from pipelines.engine.pseudonyms import Pseudonyms, pseudonyms
from schemas.errors import BadInput, BadSetting, NoCollection
from schemas.scheme import Scheme, load_scheme
from schemas.settings import FILE_NAME, Settings, load_settings, settings_to_toml


@dataclass(frozen=True)
class Collection:
    """An opened collection in the folder `home`."""

    home: Path

    @cached_property
    def settings(self) -> Settings:
        """Its settings; raises BadSetting."""
        return load_settings(self.home)

    @cached_property
    def schemes(self) -> list[Scheme]:
        """The schemes it asks about; raises BadSetting."""
        if not self.settings.labelling.schemes:
            raise BadSetting(f'{FILE_NAME}: labelling.schemes is empty; name at least one, such as ["ekman"]')
        return [load_scheme(name, self.home, asked=True) for name in self.settings.labelling.schemes]

    @cached_property
    def people(self) -> Pseudonyms:
        """Its pseudonyms; the keys lie outside the collection. Raises BadSetting for keys that are not its own."""
        return pseudonyms(self.home)


def find(home: Path) -> Collection:
    """The collection in `home`; without a folder given, in the current one or the nearest above it.

    Raises NoCollection with what to type.
    """
    for folder in (home, *(home.absolute().parents if home == Path() else ())):
        if (folder / FILE_NAME).is_file():
            return Collection(folder)
    shown = "the current folder or above it" if home == Path() else str(home)
    raise NoCollection(f"there is no collection in {shown}; make one with: emocurate init, or name one with --home")


def make(home: Path, name: str | None, schemes: tuple[str, ...]) -> Collection:
    """A new collection in `home`; one that is there keeps its settings and its catalog."""
    for scheme in schemes:
        load_scheme(scheme, home, asked=True)
    (home / "media").mkdir(parents=True, exist_ok=True)
    settings = home / FILE_NAME
    if settings.exists() and not (home / CATALOG).exists() and any((home / "media").iterdir()):
        raise BadInput(
            f"{home / CATALOG} is gone; restore it from a copy: a new one would know nothing of the media here"
        )
    if not settings.exists():
        settings.write_text(settings_to_toml(name or home.resolve().name, schemes or ("ekman",)), "utf-8")
    create(home, str(uuid.uuid4()))
    return find(home)
