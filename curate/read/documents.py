"""Zip files that are documents or programs, told by the names in them: what lies in such a file is a part of it."""

import re
import zipfile
from pathlib import Path

from curate.read.archives import BROKEN

MIMETYPE = "mimetype"  # OpenDocument and EPUB: the first file in the archive, not compressed
MIMETYPE_BYTES = 200
MIMETYPES = (
    ("application/epub", "EPUB book"),
    ("application/vnd.oasis.opendocument.text", "OpenDocument text"),
    ("application/vnd.oasis.opendocument.spreadsheet", "OpenDocument spreadsheet"),
    ("application/vnd.oasis.opendocument.presentation", "OpenDocument presentation"),
    ("", "document"),
)
MARKS: tuple[tuple[str, str], ...] = (  # the first that matches a whole name in the archive says what the archive is
    (r"word/document\d*\.xml", "Word document"),
    (r"xl/workbook\.(xml|bin)", "Excel workbook"),
    (r"ppt/presentation\.xml", "PowerPoint presentation"),
    (r"AppxManifest\.xml|AppxMetadata/.*", "Windows program"),
    (r"[^/]+\.nuspec", "NuGet package"),
    (r"\[Content_Types\]\.xml", "Office document"),
    (r"AndroidManifest\.xml|(base/)?manifest/AndroidManifest\.xml|classes\.dex", "Android program"),
    (r"Payload/[^/]+\.app/.*", "iOS program"),
    (r"META-INF/container\.xml", "EPUB book or music score"),
    (r"META-INF/MANIFEST\.MF", "Java program"),
    (r"Index/Document\.iwa|Index\.zip|index\.apxl", "iWork document"),
    (r"[^/]+\.dist-info/WHEEL", "Python package"),
    (r"install\.rdf|META-INF/mozilla\.rsa", "browser extension"),
    (r"doc\.kml", "map"),
)


def document_kind(path: Path) -> str | None:
    """What a zip file is where it is more than an archive, such as `Word document`; None for others and broken ones."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if names and names[0] == MIMETYPE:
                with archive.open(MIMETYPE) as file:
                    told = file.read(MIMETYPE_BYTES).decode("ascii", "replace").strip()
                return next(kind for start, kind in MIMETYPES if told.startswith(start))
    except BROKEN:
        return None  # whoever opens it as an archive will say what is wrong
    return next((kind for mark, kind in MARKS if any(map(re.compile(mark).fullmatch, names))), None)
