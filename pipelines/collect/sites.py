"""What sites said of themselves, kept in the frontier: their own files, and until when they want to be left alone."""

import sqlite3
import time
from dataclasses import dataclass

from curate.rights.manners import Site

SITE_S = 24 * 60 * 60  # for so long what a site said holds (RFC 9309, 2.4)


@dataclass(frozen=True)
class Sites:
    """The tables of sites in the open frontier; what is kept is there after a kill."""

    rows: sqlite3.Connection

    def recall(self, origin: str) -> Site | None:
        """What a site said, while that holds."""
        query = "SELECT body FROM sites WHERE origin = ? AND learnt_at > ?"
        row = self.rows.execute(query, [origin, time.time() - SITE_S]).fetchone()
        return Site.from_json(row[0]) if row else None

    def remember(self, origin: str, site: Site) -> None:
        """Keep what a site said."""
        self.rows.execute("INSERT OR REPLACE INTO sites VALUES (?, ?, ?)", [origin, site.to_json(), time.time()])

    def rests_until(self, origin: str) -> float:
        """When a site may be asked again, in seconds since 1970; 0 where it has not said."""
        row = self.rows.execute("SELECT until FROM rests WHERE origin = ?", [origin]).fetchone()
        return float(row[0]) if row else 0.0

    def rest(self, origin: str, until: float) -> None:
        """Keep when a site may be asked again; what it said last holds."""
        self.rows.execute("INSERT OR REPLACE INTO rests VALUES (?, ?)", [origin, until])
