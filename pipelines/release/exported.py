"""What an export came to, and whether it would come to the same again, which is told before any writer is loaded."""

from dataclasses import asdict, dataclass, field
from typing import Any

from duckdb import DuckDBPyConnection

from pipelines.engine.catalog import Catalog
from pipelines.engine.derived import Basis, recall, standing
from pipelines.engine.lease import lease
from pipelines.engine.links import look
from pipelines.find.returned import look_for_copies
from pipelines.release.balance import Deviation, Large
from pipelines.release.folders import FOLDER, restore
from pipelines.release.order import Export, versions
from pipelines.release.pinned import listed
from schemas.ids import content_id
from schemas.modality import ModalityName
from schemas.release import Leak, Split
from schemas.tables import frozen

EXPORTED = "exported"  # the fact that holds what the last export was made of, and what it came to


@dataclass(frozen=True)
class Exported:
    """What an export came to: the release, how many samples it has, who labelled them, what stayed out and why.

    `guessed` says that nobody had named whose labels are wanted.

    `moved` are clips that earlier releases had in different splits; `obstacles` what stands against publishing,
    `weightings` what the weights come to that undo what was not released, `large` groups over the cap, `leaks` what
    crosses splits, `deviations` how far these are from their shares. `labels_only` counts, by the reason, clips whose
    labels leave without their media, `refused` those of `left_out` that may leave in no form. `gaps`
    says which splits are empty and which classes are of one speaker; `remembered` that nothing had changed since the
    last export, and so nobody looked again.
    """

    name: str
    folder: str
    new: bool
    samples: dict[ModalityName, dict[Split, int]]
    by: tuple[str, ...]
    guessed: bool
    left_out: dict[str, int]
    named: dict[str, tuple[str, ...]]
    moved: tuple[str, ...]
    obstacles: tuple[str, ...]
    weightings: dict[str, dict[str, Any]] = field(default_factory=dict)
    leaks: tuple[Leak, ...] = ()
    large: tuple[Large, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    labels_only: dict[str, int] = field(default_factory=dict)
    refused: int = 0
    internal: bool = False
    gaps: tuple[str, ...] = ()
    remembered: bool = False


def made_for(order: Export, name: str | None, connection: DuckDBPyConnection) -> Basis:
    """What decides an export: the rows of the catalog, the settings, the programs, and what was asked for."""
    return standing(connection) | {
        "name": name,
        "settings": asdict(order.settings),
        "listed": content_id("listed", names=listed(order.home, order.settings.export)),
        "wanted": asdict(order.wanted),
        "draw": order.draw,
        "embed": order.embed,
        "programs": versions(order.settings),  # which weights are in force, a row of the catalog says
    }


def up_to_date(order: Export, name: str | None) -> Exported | None:
    """What the last export came to, where nothing that decides it has changed and its release is there; else None."""
    with lease(order.home, "export"):
        return unchanged(order, name)


def unchanged(order: Export, name: str | None) -> Exported | None:
    """The same for whoever holds the lease: originals are looked at first, and what a kill left is swept."""
    restore(order.home / FOLDER)
    look(order.home)
    look_for_copies(order.home)
    with Catalog(order.home).open() as connection:
        before = recall(connection, EXPORTED, made_for(order, name, connection))
    if before is None or not (order.home / FOLDER / before["name"]).is_dir():
        return None
    done: dict[str, Any] = {key: frozen(value) for key, value in before.items()}
    done["leaks"] = tuple(Leak(**leak) for leak in done.get("leaks", ()))
    done["deviations"] = tuple(Deviation(**deviation) for deviation in done.get("deviations", ()))
    done["large"] = tuple(Large.of(group) for group in done.get("large", ()))
    return Exported(**done | {"folder": str(order.home / FOLDER / before["name"]), "new": False, "remembered": True})
