"""What is read again, for any tasks that were seen and any that are there."""

from hypothesis import given
from hypothesis import strategies as st

from annotate.studio.client import Listed
from pipelines.ask.look import Look, Seen

ASKS = ("a", "b", "c")
TASKS = st.dictionaries(
    st.integers(1, 6), st.tuples(st.sampled_from([*ASKS, "foreign"]), st.sampled_from("12"), st.integers(0, 2))
)


def look(now: Seen, before: Seen) -> Look:
    return Look({1: [Listed(task, *values) for task, values in now.items()]}, ASKS, before)


@given(TASKS, TASKS)
def test_whatever_is_answered_and_differs_is_read_in_whatever_way_its_clock_went(now: Seen, before: Seen) -> None:
    before = {task: values for task, values in before.items() if values[0] in ASKS}
    asks = look(now, before).to_read(False, [])
    for task, values in now.items():
        differs = before.get(task, (values[0], values[1], 0)) != values
        assert values[0] not in ASKS or not differs or not values[2] or values[0] in asks
    for task, (ask, _, _) in before.items():  # deleted, also where as many were made, or made to ask something else
        assert now.get(task, ("",))[0] == ask or ask in asks


@given(TASKS)
def test_nothing_is_read_again_when_nothing_has_changed(now: Seen) -> None:
    ours = {task: values for task, values in now.items() if values[0] in ASKS}
    assert look(now, ours).to_read(False, [values[0] for values in ours.values()]) == []


def test_everything_is_what_has_answers_there_or_here() -> None:
    now: Seen = {1: ("a", "1", 2), 2: ("b", "1", 0), 3: ("foreign", "1", 4)}
    seen = look(now, now)
    assert seen.to_read(True, ["c"]) == ["a", "c"]
    assert ([task.id for task in seen.foreign], seen.doubled) == ([3], 0)
