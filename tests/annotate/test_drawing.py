"""What is drawn is drawn evenly, the same again with the same seed, and with the probability it is said to have."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.drawing import Draw, drawn
from schemas.errors import BadSetting

THINGS = {f"c{n:03d}": {"speaker": f"s{n % 7}", "language": "en" if n % 10 else "de"} for n in range(100)}


def test_the_same_seed_draws_the_same_and_another_draws_others() -> None:
    assert drawn(THINGS, Draw(limit=10, seed=1)) == drawn(THINGS, Draw(limit=10, seed=1))
    assert set(drawn(THINGS, Draw(limit=10, seed=1))) != set(drawn(THINGS, Draw(limit=10, seed=2)))


def test_of_every_speaker_come_so_many_at_most_with_their_share_as_probability() -> None:
    found = drawn(THINGS, Draw(per=(("speaker", 5),)))
    assert set(Counter(str(THINGS[name]["speaker"]) for name in found).values()) == {5}
    sizes = Counter(str(thing["speaker"]) for thing in THINGS.values())
    assert all(chance == 5 / sizes[str(THINGS[name]["speaker"])] for name, chance in found.items())


def test_balance_draws_as_many_of_each_and_all_of_what_is_rare() -> None:
    found = drawn(THINGS, Draw(balance="language", limit=40))
    assert Counter(str(THINGS[name]["language"]) for name in found) == {"de": 10, "en": 30}
    alone = drawn(THINGS, Draw(balance="language"))
    assert Counter(str(THINGS[name]["language"]) for name in alone) == {"de": 10, "en": 10}


def test_the_probability_is_how_often_a_thing_is_drawn() -> None:
    draws = [drawn(THINGS, Draw(per=(("speaker", 6),), balance="language", limit=20, seed=seed)) for seed in range(400)]
    total = sum(sum(1 / chance for chance in found.values()) for found in draws) / len(draws)
    assert total == pytest.approx(100, rel=0.05)


@given(
    st.dictionaries(st.text(min_size=1), st.fixed_dictionaries({"a": st.sampled_from([None, 1, "x"])}), max_size=30),
    st.integers(1, 20),
    st.booleans(),
)
def test_a_limit_is_never_passed_and_a_probability_never_above_one(
    things: dict[str, dict[str, object]], limit: int, balanced: bool
) -> None:
    found = drawn(things, Draw(balance="a" if balanced else None, limit=limit))
    assert len(found) == min(limit, len(things))
    assert all(0 < chance <= 1 for chance in found.values())


def test_a_number_below_one_is_refused() -> None:
    with pytest.raises(BadSetting, match="--per speaker=0"):
        Draw(per=(("speaker", 0),))
