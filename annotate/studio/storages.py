"""The folders whose files a Label Studio server shows to browsers."""

from dataclasses import dataclass
from pathlib import Path

from annotate.studio.connection import PROJECTS_AT_ONCE, Connection, whole

TITLE = "emocurate"  # of every storage of ours


@dataclass(frozen=True)
class Storages(Connection):
    """A server, as far as it serves files: one storage a project and folder."""

    def serve_folder(self, project: int, folder: Path) -> None:
        """Lets browsers of this project have the files below `folder`, which the server must be able to see."""
        path = str(folder.resolve())
        with self._api(f"to serve {path}") as api:
            storages = api.import_storage.local
            if path not in {storage.path for storage in storages.list(project=project)}:
                storages.create(project=project, path=path, title=TITLE, use_blob_urls=True)

    def serve_from(self, root: Path) -> int:
        """Serves our folders from below `root` when they were moved with their collection; gives how many were."""
        moved = 0
        with self._api(f"to serve {root}") as api:
            for project in whole(api.projects.list(include="id", page_size=PROJECTS_AT_ONCE), PROJECTS_AT_ONCE):
                for storage in api.import_storage.local.list(project=project.id):
                    folder = root.resolve() / Path(storage.path or "").name
                    if storage.title == TITLE and storage.path != str(folder) and folder.is_dir():
                        api.import_storage.local.update(storage.id, path=str(folder))
                        moved += 1
        return moved
