"""What holds a group together: the fewest members between two heavy parts, and nothing where one hub holds all."""

import networkx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.twins import bridges
from curate.twins.bridges import HEAVY, Cut, cheapest_cut


def cut_of(edges: list[tuple[int, int]], costs: list[int], weights: list[int] | None = None) -> Cut | None:
    """The cut of a graph in which what costs something weighs 1, unless it is said."""
    first, second = np.array(edges, np.int64).reshape(-1, 2).T
    weighs = weights if weights is not None else [int(cost > 0) for cost in costs]
    return cheapest_cut(first, second, np.array(costs, np.int64), np.array(weighs, np.int64))


def star(hub: int, leaves: range) -> list[tuple[int, int]]:
    return [(hub, leaf) for leaf in leaves]


def test_one_file_with_two_speakers_is_what_holds_them_together() -> None:
    edges = [*star(0, range(2, 10)), *star(1, range(9, 16))]
    assert cut_of(edges, [0, 0, *[1] * 14]) == Cut((9,), 1, (7, 6))


def test_two_clips_are_left_out_before_a_file_of_five() -> None:
    edges = [*star(0, range(2, 10)), *star(1, range(10, 17)), (9, 17), (17, 1), (9, 18), (18, 1)]
    costs, weights = [0, 0, *[1] * 7, 5, *[1] * 9], [0, 0, *[1] * 15, 0, 0]
    assert cut_of(edges, costs, weights) == Cut((17, 18), 2, (8, 7))


def test_one_hub_cannot_be_parted() -> None:
    assert cut_of(star(0, range(1, 30)), [0, *[1] * 29]) is None


def test_a_small_part_that_comes_off_is_no_answer() -> None:
    edges = [*star(0, range(2, 40)), *star(1, range(38, 41))]  # without 38 and 39 one file is left beside 36
    assert cut_of(edges, [0, 0, *[1] * 39]) is None


def test_of_equally_cheap_cuts_the_more_even_one_is_named() -> None:
    hubs = [*star(0, range(4, 10)), *star(1, range(9, 15)), *star(2, range(14, 20)), *star(3, range(19, 25))]
    cut = cut_of(hubs, [0] * 4 + [1] * 21)
    assert cut == Cut((14,), 1, (10, 10))


@settings(max_examples=40)
@given(st.integers(0, 10_000))
def test_between_two_sides_the_cut_costs_what_a_graph_library_says(seed: int) -> None:
    random = np.random.default_rng(seed)
    files, links = 14, 5
    joined = {
        (int(link), links + file)
        for file in range(files)
        for link in random.choice(links, random.integers(1, 3), False)
    }
    joined |= {(link, links + file) for file in range(links - 1) for link in (file, file + 1)}  # all in one piece
    edges, costs = sorted(joined), [0] * links + random.integers(1, 4, files).tolist()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bridges, "ENDS", links)
        patch.setattr(bridges, "HEAVY", 0.0)
        cut = cut_of(edges, costs)
    wanted = [cost for one in range(links) for other in range(one) if (cost := _cheapest(edges, costs, one, other))]
    assert (cut.cost if cut else None) == (min(wanted) if wanted else None)


def _cheapest(edges: list[tuple[int, int]], costs: list[int], one: int, other: int) -> int:
    """What it costs to part two nodes, by networkx; 0 where they are apart anyway."""
    graph = networkx.DiGraph()
    for node, cost in enumerate(costs):
        graph.add_edge(("in", node), ("out", node), **({"capacity": cost} if cost else {}))
    for a, b in edges:
        graph.add_edge(("out", a), ("in", b))
        graph.add_edge(("out", b), ("in", a))
    return int(networkx.minimum_cut_value(graph, ("out", one), ("in", other)))


@given(st.integers(0, 500))
@settings(max_examples=20)
def test_without_the_cut_both_parts_are_heavy_and_apart(seed: int) -> None:
    random = np.random.default_rng(seed)
    edges = [(int(random.integers(4)), 4 + file) for file in range(40)]
    edges += [(int(random.integers(4)), 4 + int(random.integers(40))) for _ in range(5)]
    cut = cut_of(edges, [0] * 4 + [1] * 40)
    if cut is None:
        return
    graph = networkx.Graph(edges)
    graph.remove_nodes_from(cut.nodes)
    parts = sorted((sum(node >= 4 for node in part) for part in networkx.connected_components(graph)), reverse=True)
    assert tuple(parts[:2]) == cut.parts
    assert cut.parts[1] >= HEAVY * 40
