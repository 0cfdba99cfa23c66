"""A scheme read as its successor: what comes out is what asking the successor from the start would have given."""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

import pytest

from annotate.consensus.specs import method_spec
from pipelines import collection
from pipelines.engine.catalog import Catalog, insert
from pipelines.show import schemes as show
from pipelines.weigh.agree import agreements
from pipelines.weigh.bridges import Migrated, listed, migrate
from pipelines.weigh.labels import labels
from schemas.answers import Answer, Ask, Item, Refusal
from schemas.errors import BadInput, BadSetting
from schemas.ids import canonical
from schemas.scheme import Category, Question, Scale, Scheme
from tests.pipelines.answering import Said, answer
from tests.pipelines.conftest import Builder, empty_in

SCALE = Scale(0, 10)
MAP = """
[questions]
feeling = "emotion"
remark = ""
[feeling]
fear = "anxiety"
terror = "anxiety"
disgust = ""
[several]
"mild fear" = "anxiety"
"""
# By item: what each of three raters says in the old words, and what that is in the new ones (None: dropped).
OLD_WORDS = {"a": ("fear", "terror", "joy"), "b": ("joy", "joy", "disgust"), "c": ("terror", "fear", "fear")}
NEW_WORDS = {"fear": "anxiety", "terror": "anxiety", "joy": "joy", "disgust": None}


def choice(name: str, kind: str, *categories: str) -> Question:
    return Question(name, name, kind, categories=tuple(Category(one, one) for one in categories))  # type: ignore[arg-type]


OLD = Scheme(
    "mine",
    1,
    "Mine",
    ("voice",),
    (
        choice("feeling", "choice", "joy", "fear", "terror", "disgust"),
        choice("several", "choices", "joy", "mild fear", "anger"),
        Question("strength", "S", "scale", scale=SCALE),
        Question("remark", "R", "text"),
    ),
)
NEW = Scheme(
    "mine",
    2,
    "Mine",
    ("voice",),
    (
        choice("emotion", "choice", "joy", "anxiety"),
        choice("several", "choices", "joy", "anxiety", "anger"),
        Question("strength", "S", "scale", scale=SCALE),
    ),
)


def old_answers() -> Iterable[Said]:
    for item, words in OLD_WORDS.items():
        for number, word in enumerate(words):
            rater = f"r{number}"
            yield Said(item, rater, word, "feeling", number)
            yield Said(item, rater, ["anger", "mild fear"] if number else ["joy"], "several", number)
            yield Said(item, rater, number + 3, "strength", number)
            yield Said(item, rater, "well", "remark", number)


def new_answers() -> Iterable[Said]:
    for item, words in OLD_WORDS.items():
        for number, word in enumerate(words):
            rater, reading = f"r{number}", NEW_WORDS[word]
            if reading:
                yield Said(item, rater, reading, "emotion", number)
            yield Said(item, rater, ["anger", "anxiety"] if number else ["joy"], "several", number)
            yield Said(item, rater, number + 3, "strength", number)


def know(home: Path, *schemes: Scheme) -> None:
    """Schemes the collection has asked."""
    with Catalog(home).open() as connection:
        for scheme in schemes:
            row = {"id": scheme.id, "name": scheme.name, "version": scheme.version, "body": canonical(asdict(scheme))}
            insert(connection, "schemes", {name: [value] for name, value in row.items()})


def bridged_in(home: Path, media: Path) -> None:
    """A collection that asked the old scheme and reads it as the new one."""
    empty_in(home, media)
    answer(home, old_answers(), OLD)
    know(home, NEW)
    migrate(home, "mine-1", "mine-2", written(home.parent, MAP))


@pytest.fixture
def bridged(copy_of: Callable[[Builder], Path]) -> Path:
    return copy_of(bridged_in)


def written(folder: Path, text: str) -> Path:
    file = folder / "map.toml"
    file.write_text(text)
    return file


def rows(home: Path, query: str) -> list[tuple[object, ...]]:
    return Catalog(home).rows(query)


def test_labels_and_agreement_equal_those_of_a_collection_that_asked_the_new_scheme(
    bridged: Path, tmp_path: Path
) -> None:
    other = collection.make(tmp_path / "other", "test", ("ekman",)).home
    answer(other, new_answers(), NEW)
    methods = [method_spec("majority"), method_spec("mean"), method_spec("soft")]
    tables = []
    for home in (bridged, other):
        labels(home, methods, tmp_path / "labels.csv")
        tables.append((tmp_path / "labels.csv").read_text())
    assert tables[0] == tables[1]
    assert "anxiety" in tables[0]
    ours, theirs = ({(one.question, one.found.alpha, one.found.raw) for one in agreements(h)} for h in (bridged, other))
    assert ours == theirs


def test_values_are_read_word_by_word_and_raw_answers_stay(bridged: Path) -> None:
    read = "SELECT item, rater, question, value FROM read_answers WHERE scheme = '{}'"
    asked = {(Item("key", said.item).id, said.rater, said.question, canonical(said.value)) for said in new_answers()}
    assert set(rows(bridged, read.format(NEW.id))) == asked
    assert rows(bridged, read.format(OLD.id)) == []
    assert rows(bridged, "SELECT DISTINCT value FROM answers WHERE question = 'feeling' ORDER BY 1") == [
        ('"disgust"',),
        ('"fear"',),
        ('"joy"',),
        ('"terror"',),
    ]


def test_a_migration_typed_twice_changes_nothing_the_second_time(bridged: Path, tmp_path: Path) -> None:
    again = migrate(bridged, "mine-1", "mine-2", written(tmp_path, MAP))
    assert again == Migrated("mine-1", "mine-2", False, answers=26, dropped=10, recovered=0)
    assert rows(bridged, "SELECT count(*) FROM bridges") == [(1,)]


def test_a_corrected_map_counts_and_a_scheme_migrated_to_itself_is_read_as_it_is(bridged: Path, tmp_path: Path) -> None:
    assert migrate(
        bridged, "mine-1", "mine-2", written(tmp_path, MAP.replace('disgust = ""', 'disgust = "joy"'))
    ).is_new
    counted = "SELECT count(*) FROM read_answers WHERE question = 'emotion' AND value = '\"joy\"'"
    assert rows(bridged, counted) == [(4,)]
    migrate(bridged, "mine-1", "mine-1")
    assert rows(bridged, "SELECT DISTINCT scheme FROM read_answers") == [(OLD.id,)]


def test_a_migration_back_is_refused(bridged: Path) -> None:
    back = """
    [questions]
    emotion = "feeling"
    [emotion]
    anxiety = "fear"
    [several]
    anxiety = "mild fear"
    """
    with pytest.raises(BadSetting, match="mine-1 is read as mine-2 already"):
        migrate(bridged, "mine-2", "mine-1", written(bridged, back))


def test_answers_go_over_two_bridges_to_the_last_scheme(bridged: Path, tmp_path: Path) -> None:
    last = Scheme("mine", 3, "Mine", ("voice",), (choice("emotion", "choice", "good", "bad"), *NEW.questions[1:]))
    know(bridged, last)
    migrate(bridged, "mine-2", "mine-3", written(tmp_path, '[emotion]\njoy = "good"\nanxiety = "bad"\n'))
    counted = "SELECT scheme, value, count(*) FROM read_answers WHERE question = 'emotion' GROUP BY ALL ORDER BY 2"
    assert rows(bridged, counted) == [(last.id, '"bad"', 5), (last.id, '"good"', 3)]


def test_a_target_and_a_suggestion_are_translated_like_an_answer(bridged: Path) -> None:
    said = [
        Said("d", "r1", "fear", "feeling", target="fear", prelabel="terror"),
        Said("e", "r1", "fear", "feeling", target="feeling", prelabel="r2"),
        Said("f", "r1", "fear", "feeling", target="disgust"),
    ]
    answer(bridged, said, OLD)
    read = "SELECT target, prelabel, value FROM read_answers WHERE target IS NOT NULL ORDER BY 1"
    assert rows(bridged, read) == [("anxiety", "anxiety", '"anxiety"'), ("emotion", "r2", '"anxiety"')]


def test_a_skip_is_read_as_a_skip_of_the_new_scheme(bridged: Path) -> None:
    answer(bridged, [Said("d", "r1", None, "*", state="skipped")], OLD)
    skipped = "SELECT scheme, question, value FROM read_answers WHERE state = 'skipped'"
    assert rows(bridged, skipped) == [(NEW.id, "*", None)]


def refuse(home: Path, question: str, value: str, second: int = 30, item: str = "z") -> None:
    """An annotation outside the old scheme."""
    answer(home, [Said(item, "r9", 1, "strength", 0)], OLD)
    ask = Ask(Item("key", item).id, OLD.id).id
    time = f"2026-03-01T00:00:{second:02}.000000Z"
    Catalog(home).add([Refusal("origin", 7, ask, "r9", question, value, "no category", time, "open", 900)])


@pytest.mark.parametrize(
    ("question", "value", "read"),
    [
        ("feeling", '"anxiety"', ("emotion", '"anxiety"')),  # renamed in Label Studio's settings
        ("emotion", '"joy"', ("emotion", '"joy"')),  # the question itself was renamed there
        ("several", '["joy","anxiety"]', ("several", '["anxiety","joy"]')),
        ("feeling", '"rage"', None),
        ("feeling", '["fear","anxiety"]', None),  # two where one was asked
        ("several", '["joy","rage"]', None),
        ("strength", "11", None),
    ],
)
def test_a_refused_value_that_the_successor_knows_is_an_answer(
    bridged: Path, question: str, value: str, read: tuple[str, str] | None
) -> None:
    refuse(bridged, question, value)
    given = "SELECT question, value FROM read_answers WHERE rater = 'r9' AND question <> 'strength'"
    assert rows(bridged, given) == ([read] if read else [])
    assert rows(bridged, "SELECT count(*) FROM open_refusals") == [(0 if read else 1,)]


def test_an_answer_changed_to_a_value_outside_counts_as_that_value(bridged: Path) -> None:
    refuse(bridged, "feeling", '"anxiety"', 31)
    ask = Ask(Item("key", "z").id, OLD.id).id
    before, at = "2026-03-01T00:00:02.000000Z", "2026-03-01T00:00:31.000000Z"
    Catalog(bridged).add([Answer("origin", ask, "feeling", "r9", before, '"joy"', "given")])
    Catalog(bridged).add([Answer("origin", ask, "feeling", "r9", at, None, "withdrawn")])
    given = "SELECT value FROM read_answers WHERE rater = 'r9' AND question = 'emotion' AND state = 'given'"
    assert rows(bridged, given) == [('"anxiety"',)]


def test_the_list_of_schemes_shows_what_each_is_read_as(bridged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refuse(bridged, "feeling", '"rage"')
    found = {one.name: (one.asks, one.answers, one.refused, one.read_as) for one in listed(bridged)}
    assert found == {"mine-1": (4, 37, 1, "mine-2"), "mine-2": (0, 0, 0, None)}
    show.schemes(listed(bridged))
    assert "mine-2" in capsys.readouterr().out


def test_a_scheme_is_named_by_file_by_id_or_as_one_that_comes_with_emocurate(bridged: Path, tmp_path: Path) -> None:
    assert migrate(bridged, OLD.id[:8], "mine-2", written(tmp_path, MAP)).old == "mine-1"
    assert migrate(bridged, "ekman", "ekman-1").new == "ekman-1"
    with pytest.raises(BadSetting, match="did you mean 'mine-1'"):
        migrate(bridged, "mime-1", "mine-2")
    with pytest.raises(BadSetting, match=r"cannot read scheme 'none.toml'"):
        migrate(bridged, "mine-1", "none.toml")
    with pytest.raises(BadInput, match="cannot read the map"):
        migrate(bridged, "mine-1", "mine-2", tmp_path / "none.toml")
