"""Work that processes share is done in order, also where one of them dies."""

import os
from collections.abc import Callable
from multiprocessing import active_children
from pathlib import Path

import pytest

from pipelines.crew import cutters, mapped
from schemas.errors import EmocurateError


def ends_once(home: Path, part: int) -> int:
    """Twice a number; its process dies with 20, the first time."""
    mark = home / "died"
    if part == 20 and not mark.exists():
        mark.touch()
        os._exit(1)
    return 2 * part


def ends_always(_: Path, part: int) -> int:
    """Twice a number; its process dies with 20."""
    return os._exit(1) if part == 20 else 2 * part


@pytest.mark.parametrize(("of", "expected"), [(ends_once, 40), (ends_always, -20)])
def test_a_process_that_dies_costs_only_what_it_dies_with_again(
    tmp_path: Path, of: Callable[[Path, int], int], expected: int
) -> None:
    with cutters(2) as crew:
        made = [list(mapped(of, tmp_path, range(some), crew, lambda part: -part)) for some in (300, 3)]
    assert active_children() == []
    assert made == [[expected if part == 20 else 2 * part for part in range(300)], [0, 2, 4]]


def test_with_what_a_process_dies_is_told_where_nothing_can_take_its_place(tmp_path: Path) -> None:
    with pytest.raises(EmocurateError, match="a process died twice while it had 20 at work"):
        list(mapped(ends_always, tmp_path, range(40), 2))
