"""Looks at linked originals: what changed or has gone is a failed receipt, what is whole again a further one."""

from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from pipelines.engine.catalog import Catalog
from pipelines.engine.claims import store_in
from pipelines.engine.store import Store
from schemas.errors import Altered
from schemas.stage import LINK, Receipt

# Assets whose bytes are not what was added, with the reason.
ALTERED = f"""SELECT "row" AS asset, reason AS altered FROM open_failures WHERE stage = '{LINK}'"""

LATEST = f"""
    SELECT "row", attempt, reason FROM receipts WHERE stage = '{LINK}'
    QUALIFY row_number() OVER (PARTITION BY "row" ORDER BY attempt DESC) = 1"""
SIZES = "SELECT id, size FROM assets WHERE id IN (SELECT unnest(?::VARCHAR[]))"


def look(home: Path, assets: Iterable[str] = ()) -> int:
    """Look at every linked original, at what failed before, and at these assets; gives how many fail anew.

    A look costs a stat and a small file for each, and a hash where an original was touched.
    """
    catalog, store = Catalog(home), store_in(home)
    with catalog.open():
        latest = {row: (attempt, reason) for row, attempt, reason in catalog.rows(LATEST)}
        others = {asset for asset, (_, reason) in latest.items() if reason}.union(assets)
        sizes = dict(catalog.rows(SIZES, [list(others)]))
    receipts = []
    for asset in dict.fromkeys(chain(store.links(), others)):
        reason = _reason(store, asset, sizes.get(asset, 0))
        attempt, before = latest.get(asset, (0, None))
        if reason != before:
            receipts.append(Receipt(LINK, asset, "failed" if reason else "done", reason, attempt + 1))
    if receipts:
        known = dict(catalog.rows(SIZES, [[receipt.row for receipt in receipts]]))  # an `add` may have been killed
        receipts = [receipt for receipt in receipts if receipt.row in known]
        catalog.add((), receipts)
    return sum(receipt.state == "failed" for receipt in receipts)


def _reason(store: Store, asset: str, size: int) -> str | None:
    """Why an asset's bytes are not what was added, or None where they are; a link's size is in its note."""
    try:
        store.local(asset, size)
    except Altered as error:
        return str(error)
    return None
