"""Objects are removed for good: with every former version, where a bucket keeps them."""

from collections.abc import Container, Iterator
from typing import Any

_Version = tuple[str, str, bool, bool]  # key, id, whether it is the latest, whether it marks that the object is gone


def remove_object(files: Any, place: str, *, exists: bool = True) -> None:
    """Remove an object with all its versions, where a bucket keeps them; what it was comes first, marks come last."""
    if not keeps_versions(files, place):
        if exists:
            files.rm_file(place)
        return
    key = place.split("/", 1)[1]
    _delete(files, place, [version for version in _versions(files, place) if version[0] == key])


def remove_versions(files: Any, place: str, names: Container[str]) -> None:
    """Remove, below a place, former versions of objects, and every version of what is none of these keys any more."""
    if keeps_versions(files, place):
        found = _versions(files, f"{place}/")
        _delete(files, place, [one for one in found if one[0] not in names or not one[2]])


def keeps_versions(files: Any, place: str) -> bool:
    """Whether a bucket keeps, or has kept, former versions of objects."""
    if "s3" not in files.protocol:
        return False
    found = files.call_s3("get_bucket_versioning", Bucket=place.split("/", 1)[0])
    return found.get("Status") in ("Enabled", "Suspended")


def _versions(files: Any, prefix: str) -> Iterator[_Version]:
    bucket, key = prefix.split("/", 1)
    more: dict[str, str] = {}
    while True:
        found = files.call_s3("list_object_versions", Bucket=bucket, Prefix=key, **more)
        for one in found.get("Versions", ()):
            yield one["Key"], one["VersionId"], one["IsLatest"], False
        for one in found.get("DeleteMarkers", ()):
            yield one["Key"], one["VersionId"], one["IsLatest"], True
        if not found.get("IsTruncated"):
            return
        more = {"KeyMarker": found["NextKeyMarker"], "VersionIdMarker": found["NextVersionIdMarker"]}


def _delete(files: Any, place: str, versions: list[_Version]) -> None:
    for key, version, _, _ in sorted(versions, key=lambda one: one[3]):
        files.call_s3("delete_object", Bucket=place.split("/", 1)[0], Key=key, VersionId=version)
