"""What was asked, and about which media: the schemes of a collection, as they were then."""

import json
from pathlib import Path

from pipelines.engine.catalog import Catalog
from pipelines.items import modalities
from schemas.errors import BadSetting, nearest
from schemas.scheme import Scheme, scheme_from_dict


def schemes(home: Path) -> list[Scheme]:
    """Every scheme that was ever asked about, as it was then."""
    return [
        scheme_from_dict(json.loads(body))
        for (body,) in Catalog(home).rows("SELECT body FROM schemes ORDER BY name, id")
    ]


def name_of(scheme: Scheme) -> str:
    """How a scheme is named in reports and releases."""
    return f"{scheme.name}-{scheme.version}"


def chosen_scheme(home: Path, name: str) -> Scheme:
    """The scheme of that name (or name-version) that was asked about, the latest version; raises BadSetting."""
    asked = schemes(home)
    named = [scheme for scheme in asked if name in (scheme.name, name_of(scheme))]
    if not named:
        there = {name_of(scheme) for scheme in asked}
        hint = nearest(name, there) if there else "nothing has been asked here yet"
        raise BadSetting(f"nobody was asked about a scheme {name!r}; {hint}")
    latest = max(scheme.version for scheme in named)
    newest = [scheme for scheme in named if scheme.version == latest]
    if len(newest) > 1:
        raise BadSetting(
            f"{len(newest)} schemes are called {name!r}, version {latest}; give changed ones a new version"
        )
    return newest[0]


def media_of(home: Path) -> dict[str, str]:
    """The medium of every item that is a clip: voice or face."""
    return modalities(home)
