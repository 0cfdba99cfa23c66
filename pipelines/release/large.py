"""Groups over the cap: how large they are, what links them, and the fewest clips that hold each together."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
from duckdb import DuckDBPyConnection

from curate.twins.bridges import cheapest_cut
from pipelines.release.balance import Bridge, Large
from schemas.sections import ExportSettings

FILE, CLIP, LINK = "file", "clip", "link"  # what a node of a group is
MANY = 20  # groups from which on shares mean something

# Groups whose share of the files is over the cap, where there are so many groups that shares mean anything.
OVER = """
    SELECT "group", count(*) AS files, count(*) / (SELECT count(*) FROM asset_groups) AS share FROM asset_groups
    WHERE (SELECT count(DISTINCT "group") FROM asset_groups) >= $many GROUP BY "group" HAVING share > $largest"""
LARGE = f"""
    SELECT o."group", o.files, o.share, list(DISTINCT l.kind ORDER BY l.kind)
    FROM ({OVER}) o JOIN asset_groups g USING ("group") JOIN links l USING (asset)
    GROUP BY ALL ORDER BY o.files DESC, 1"""
# What links the files of a group, and the clip by which it does: that of a voice or a face.
LINKED = """
    SELECT l.asset, l.clip, l.kind || ' ' || l.key AS key
    FROM links l JOIN asset_groups g USING (asset) WHERE g."group" = ? ORDER BY ALL"""
# The clips of a group that could leave, or by which it is linked, with what people call them.
CLIPS = """
    SELECT c.asset, c.id, coalesce(n.name, c.asset) || coalesce(' ' || (c.start_ms / 1000)::DECIMAL(12, 2) || ' s', '')
    FROM clips c JOIN asset_groups g USING (asset)
    LEFT JOIN (SELECT asset, min(name) AS name FROM statements GROUP BY asset) n ON n.asset = c.asset
    WHERE g."group" = ? AND c.id NOT IN (SELECT clip FROM rejected) AND (
        c.id IN (SELECT id FROM live_clips WHERE modality IS NOT NULL) OR c.id IN (SELECT clip FROM links))
    ORDER BY c.start_ms NULLS FIRST, c.id"""


def large_groups(connection: DuckDBPyConnection, settings: ExportSettings) -> Iterator[Large]:
    """The groups over `settings.largest`, the largest first, each with the fewest clips that hold it together.

    Call it after `draw_groups`.
    """
    limits = {"largest": settings.largest, "many": MANY}
    for group, files, share, links in connection.execute(LARGE, limits).fetchall():
        bridges, parts = _held_together(connection, group)
        yield Large(group, files, share, tuple(links), bridges, parts)


def _held_together(connection: DuckDBPyConnection, group: str) -> tuple[tuple[Bridge, ...], tuple[int, ...]]:
    """The clips without which a group falls into two heavy parts, and how many files these have; nothing if none do.

    A clip can be left out, and a file with all its clips; a speaker, a voice or a set of copies cannot.
    """
    clips: dict[str, list[Bridge]] = defaultdict(list)  # by file, and each by its id
    for asset, clip, name in connection.execute(CLIPS, [group]).fetchall():
        clips[asset].append(Bridge(clip, name))
        clips[clip] = clips[asset][-1:]
    nodes, edges = _graph(connection.execute(LINKED, [group]).fetchall())
    kinds, names = zip(*nodes, strict=True)
    costs = [0 if kind == LINK else max(len(clips[name]), 1) for kind, name in nodes]
    weights = [kind == FILE for kind in kinds]
    first, second = np.array(edges, np.int64).T
    cut = cheapest_cut(first, second, np.array(costs, np.int64), np.array(weights, np.int64))
    if cut is None or any(not clips[names[place]] for place in cut.nodes):  # a file without clips cannot be left out
        return (), ()
    return tuple(clip for place in cut.nodes for clip in clips[names[place]]), cut.parts


def _graph(links: Iterable[tuple[str, str | None, str]]) -> tuple[list[tuple[str, str]], list[tuple[int, int]]]:
    """The nodes of a group, each with its kind, and which of them are joined: files with links, some by a clip."""
    places: dict[tuple[str, str], int] = {}
    edges: list[tuple[int, int]] = []
    for asset, clip, key in links:
        way = [(FILE, asset), *([(CLIP, clip)] if clip else []), (LINK, key)]
        edges += pairwise(places.setdefault(node, len(places)) for node in way)
    return list(places), edges
