"""What stood for files while their bytes could not be had: it holds their names and addresses, and goes with them."""

from collections.abc import Collection

from pipelines.collect.addresses import stand_in
from pipelines.engine.catalog import Catalog
from schemas.stage import SNIFF

# Ids that are no file's own: of addresses from which nothing came then, and of files that could be read at last.
STAND_INS = f"""
    SELECT id FROM (
        SELECT asset AS id FROM fetches WHERE outcome IN ('refused', 'failed')
        UNION SELECT "row" FROM receipts WHERE stage = '{SNIFF}' GROUP BY "row"
        HAVING bool_or(state <> 'done') AND arg_max(state, attempt) = 'done')
    WHERE id NOT IN (SELECT id FROM assets)"""
COVERED = f"""
    WITH meant AS (SELECT unnest($assets::VARCHAR[]) AS asset), stand_ins AS ({STAND_INS}),
    names AS (SELECT DISTINCT s.asset, s.name FROM statements s SEMI JOIN meant USING (asset))
    SELECT DISTINCT asset FROM names WHERE asset IN (FROM stand_ins)
    AND name IN (SELECT name FROM names WHERE asset NOT IN (FROM stand_ins))"""
ADDRESSES = "SELECT DISTINCT url FROM fetches WHERE asset IN (SELECT unnest($assets::VARCHAR[]))"
NAMED_ALIKE = f"""
    SELECT DISTINCT s.asset FROM statements s SEMI JOIN ({STAND_INS}) o ON o.id = s.asset
    WHERE s.name IN (SELECT name FROM statements WHERE asset IN (SELECT unnest($assets::VARCHAR[])))"""


def real(catalog: Catalog, assets: Collection[str]) -> tuple[str, ...]:
    """Assets in order, without what once stood for one of the others: that is no file of its own."""
    covered = {asset for (asset,) in catalog.rows(COVERED, {"assets": list(assets)})}
    return tuple(sorted(set(assets) - covered))


def stand_ins_of(catalog: Catalog, assets: Collection[str]) -> tuple[str, ...]:
    """What stood for these assets, at any of their addresses and under any of their names, before they came or later.

    Of an address that failed, and came afterwards, no statement speaks: only what its fetches have kept.
    """
    values = {"assets": list(assets)}
    found = {stand_in(url) for (url,) in catalog.rows(ADDRESSES, values)}
    found |= {asset for (asset,) in catalog.rows(NAMED_ALIKE, values)}
    return tuple(sorted(found - set(assets)))
