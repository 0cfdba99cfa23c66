"""Joining: groups are the closure of pairs, and what many recordings repeat joins none of them."""

import networkx
from hypothesis import given
from hypothesis import strategies as st

from curate.twins.joins import components, repeats
from curate.twins.sounds import Overlap

MINUTE = 60_000


def shared(one: int, other: int, one_ms: int, other_ms: int, length_ms: int) -> Overlap:
    return Overlap(one, other, one_ms, other_ms, length_ms, 0.05)


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=30))
def test_groups_are_what_a_graph_says(pairs: list[tuple[int, int]]) -> None:
    graph = networkx.Graph(pairs)
    graph.add_nodes_from(range(20))
    wanted = sorted(sorted(some) for some in networkx.connected_components(graph))
    groups = components(20, [a for a, _ in pairs], [b for _, b in pairs]).tolist()
    made = sorted(sorted(place for place in range(20) if groups[place] == group) for group in set(groups))
    assert made == wanted


def test_an_intro_of_three_recordings_is_repeated_and_of_two_it_is_not() -> None:
    trio = [shared(a, b, 100 * a, 100 * b, 5000) for a, b in ((0, 1), (0, 2), (1, 2))]
    found = repeats(trio, [MINUTE] * 3, least=3)
    assert found.overlaps == {0, 1, 2}
    assert found.stretches == ((0, 0, 5000, 0), (1, 100, 5100, 0), (2, 200, 5200, 0))
    assert repeats(trio[:1], [MINUTE] * 3, least=3).overlaps == frozenset()


def test_a_file_that_is_the_jingle_alone_joins_nothing_either() -> None:
    pairs = [shared(a, b, 0, 0, 5000) for a in range(4) for b in range(a + 1, 4)]
    assert repeats(pairs, [5300, MINUTE, MINUTE, MINUTE], least=3).overlaps == frozenset(range(6))


def test_copies_of_one_recording_with_their_excerpts_are_no_repeated_content() -> None:
    whole = [shared(a, b, 0, 0, MINUTE) for a, b in ((0, 1), (0, 2), (1, 2))]
    excerpt = [shared(a, 3, 20_000, 0, 6000) for a in range(3)]
    assert repeats(whole + excerpt, [MINUTE, MINUTE, MINUTE, 6000], least=3).overlaps == frozenset()


def test_two_contents_are_told_apart() -> None:
    pairs = [shared(a, b, at, at, 4000) for at in (0, 30_000) for a, b in ((0, 1), (0, 2), (1, 2))]
    assert {number for _, _, _, number in repeats(pairs, [MINUTE] * 3, least=3).stretches} == {0, 1}
