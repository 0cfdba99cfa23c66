"""The values of a row become columns whatever they are nested in, and nothing in them can break the row."""

from hypothesis import given
from hypothesis import strategies as st

from pipelines.imports.datasets.celltables import _json
from pipelines.imports.datasets.columns import columns_in

PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=4)
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))


def test_objects_texts_of_json_and_tags_become_columns() -> None:
    found = columns_in({"a": {"b": 1}, "c": '{"d.e": 2}', "f": "<g>h</g>", "i": [1, 2]})
    assert found.cells == {"a.b": 1, "c.d.e": 2, "f": "<g>h</g>", "f.g": "h", "i": "[1, 2]"}


def test_a_list_of_objects_is_rows_of_its_own() -> None:
    found = columns_in({"votes": [{"who": "a", "x": {"y": 1}}, {"who": "b"}]})
    assert found.lists == {"votes": [{"votes.who": "a", "votes.x.y": 1}, {"votes.who": "b"}]}
    assert found.cells == {}


def test_columns_come_in_one_order_whatever_order_members_have() -> None:
    assert list(columns_in({"b": 1, "a": 2}).cells) == list(columns_in({"a": 2, "b": 1}).cells)


@given(st.dictionaries(st.text(), VALUES, max_size=5))
def test_any_value_can_be_written_as_a_line_of_json(values: dict[str, object]) -> None:
    found = columns_in(values)
    for cells in (found.cells, *(row for rows in found.lists.values() for row in rows)):
        assert "\n" not in _json(cells)
        _json(cells).encode()
