"""What holds a group together: the fewest of its members without which it falls into two heavy parts."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from curate.twins.joins import components

Ints = NDArray[np.int64]
ENDS = 6  # nodes that stay, the heaviest and the furthest from each other, of which every two are taken for the sides
HEAVY = 0.2  # of the whole weight, that each of the two parts has at least


@dataclass(frozen=True)
class Cut:
    """The nodes to leave out, in order, what that costs, and the weights of the two heaviest parts that are left."""

    nodes: tuple[int, ...]
    cost: int
    parts: tuple[int, int]


def cheapest_cut(first: Ints, second: Ints, costs: Ints, weights: Ints) -> Cut | None:
    """The cheapest nodes without which a connected graph has two heavy parts; None where no such nodes are found.

    `first` and `second` (edges,) are joined. Leaving a node out takes away `costs` (nodes,); those of cost 0 stay.
    `weights` (nodes,) are what parts weigh. Between two nodes a cut is the cheapest there is (Menger 1927; each node is
    an edge of a flow network, Even and Tarjan 1975, doi:10.1137/0204043). The two are chosen among few, see `ENDS`: a
    cheaper cut that parts none of these is not seen.
    """
    graph = _Graph(first, second, costs, weights)
    cuts = [cut for one, other in combinations(graph.ends(), 2) for cut in graph.cuts(one, other)]
    heavy = [cut for cut in cuts if cut.parts[1] >= HEAVY * weights.sum()]
    return min(heavy, key=lambda cut: (cut.cost, -cut.parts[1], cut.nodes), default=None)


@dataclass(frozen=True, eq=False)
class _Graph:
    first: Ints
    second: Ints
    costs: Ints
    weights: Ints

    def ends(self) -> list[int]:
        """Nodes that stay: by turns the next heaviest by what is joined with it, and the furthest from all before."""
        near = self.weights.copy()
        np.add.at(near, self.first, self.weights[self.second])
        np.add.at(near, self.second, self.weights[self.first])
        staying = np.flatnonzero(self.costs == 0)
        by_weight = staying[np.argsort(-near[staying], kind="stable")].tolist()
        chosen: list[int] = []
        distance = np.full(len(self.costs), len(self.costs))
        while by_weight and len(chosen) < ENDS:
            end = by_weight.pop(0)
            if len(chosen) % 2:  # of the furthest the heaviest
                by_weight.insert(0, end)
                end = max(by_weight, key=lambda node: distance[node])
                by_weight.remove(end)
            chosen.append(end)
            distance = np.minimum(distance, self._distances(end))
        return chosen

    def cuts(self, one: int, other: int) -> Iterator[Cut]:
        """The cheapest cut between two nodes, that close to the one and that close to the other."""
        for source, sink in ((one, other), (other, one)):
            nodes = self._cut(source, sink)
            if nodes is not None:
                yield Cut(tuple(nodes.tolist()), int(self.costs[nodes].sum()), self._parts(nodes))

    def _cut(self, source: int, sink: int) -> Ints | None:
        """The nodes whose entrance the flow out of `source` still reaches, and whose exit it does not."""
        count, network = len(self.costs), self._network()
        # From one set of entrances to exits: node n enters at n and leaves at count + n.
        flow = maximum_flow(network, count + source, sink)
        if flow.flow_value >= self._unlimited:
            return None
        left = csr_array(network - flow.flow)
        left.eliminate_zeros()
        reached = np.zeros(2 * count, bool)
        reached[breadth_first_order(left, count + source, return_predecessors=False)] = True
        return np.flatnonzero(reached[:count] & ~reached[count:] & (self.costs > 0))

    @property
    def _unlimited(self) -> int:
        return int(self.costs.sum()) + 1

    def _network(self) -> Any:
        count, nodes = len(self.costs), np.arange(len(self.costs))
        begins = np.concatenate([nodes, count + self.first, count + self.second])
        ends = np.concatenate([count + nodes, self.second, self.first])
        through = np.where(self.costs > 0, self.costs, self._unlimited)
        limits = np.concatenate([through, np.full(2 * len(self.first), self._unlimited)]).astype(np.int32)
        return csr_array(coo_array((limits, (begins, ends)), (2 * count, 2 * count)))

    def _parts(self, nodes: Ints) -> tuple[int, int]:
        """What the two heaviest parts weigh without some nodes."""
        out = np.zeros(len(self.costs), bool)
        out[nodes] = True
        kept = ~(out[self.first] | out[self.second])
        groups = components(len(self.costs), self.first[kept], self.second[kept])
        heaviest = np.sort(np.bincount(groups, np.where(out, 0, self.weights)))[::-1]
        return int(heaviest[0]), int(heaviest[1]) if len(heaviest) > 1 else 0

    def _distances(self, node: int) -> Ints:
        """How many edges every node is from one."""
        shape = (len(self.costs), len(self.costs))
        graph = csr_array(coo_array((np.ones(len(self.first), np.int8), (self.first, self.second)), shape))
        order, before = breadth_first_order(graph, node, directed=False)
        far = np.zeros(len(self.costs), np.int64)
        for place in order[1:].tolist():
            far[place] = far[before[place]] + 1
        return far
