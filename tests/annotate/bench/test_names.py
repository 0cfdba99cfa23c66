"""Items of a benchmark answer to their ids, to readable names, and to shorter ones that are clear."""

import pytest

from annotate.bench.names import Names

KNOWN = {
    "c/voice/0.wav": "c/voice/0.wav",
    "c/voice/1.wav": "c/voice/1.wav",
    "d/voice/1.wav": "d/voice/1.wav",
    "d/0.wav": "d/0.wav",
    "0f3a": "talk.mp3 0.50 s",
    "5b77": "sub/song.mp3 0.00 s",
    "6c88": "sub/song.mp3 2.25 s",
    "x": "x",
    "b c": "b c",
    "e/happy.wav joy": "e/happy.wav joy",
}
NAMES = Names(KNOWN)


@pytest.mark.parametrize(
    ("told", "items"),
    [
        ("c/voice/0.wav", ["c/voice/0.wav"]),
        ("voice/0.wav", ["c/voice/0.wav"]),
        ("voice\\0.wav", ["c/voice/0.wav"]),
        ("./voice/0", ["c/voice/0.wav"]),
        ("0.wav", ["d/0.wav"]),
        ("/data/c/voice/0.wav", ["c/voice/0.wav"]),
        ("voice/1.wav", ["c/voice/1.wav", "d/voice/1.wav"]),
        ("d/voice/1.wav", ["d/voice/1.wav"]),
        ("talk.mp3", ["0f3a"]),
        ("talk", ["0f3a"]),
        ("/home/me/talk.mp3", ["0f3a"]),
        ("0f3a.flac", ["0f3a"]),
        ("song.mp3", ["5b77", "6c88"]),
        ("sub/song.mp3 2.25 s", ["6c88"]),
        ("x", ["x"]),
        ("folder/x.wav", ["x"]),
        ("b c", ["b c"]),
        ("happy.wav joy", ["e/happy.wav joy"]),
        ("other/2.wav", []),
        ("voice/2.wav", []),
        ("", []),
    ],
)
def test_a_name_finds_the_items_it_may_mean(told: str, items: list[str]) -> None:
    assert NAMES.find(told) == items


def test_a_name_of_nothing_is_answered_with_two_names_that_are_known() -> None:
    said = str(NAMES.unknown("y"))
    assert "'y'" in said
    assert "'talk.mp3 0.50 s' or 'sub/song.mp3 0.00 s'" in said
