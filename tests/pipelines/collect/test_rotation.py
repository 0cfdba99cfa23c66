"""`rights keys`: a new key is for new people; who is known keeps the older one, and who was forgotten stays out."""

from pathlib import Path

import pytest

from pipelines import collection
from pipelines.collect.add import Intake, add
from pipelines.collect.metadata import Metadata
from pipelines.collect.rotation import begin_anew, key_chain, rotate
from pipelines.engine.catalog import Catalog
from pipelines.engine.lease import lease
from pipelines.engine.pseudonyms import NAMING, naming
from pipelines.forget.forget import How, forget
from pipelines.forget.verify import verify
from schemas.errors import BadSetting, Busy
from tests.pipelines.conftest import SOURCE, small_media
from tests.processes import emocurate

SPEAKERS = {f"tone-{number}.wav": {"speaker": f"speaker {number % 2}"} for number in range(4)}


@pytest.fixture
def spoken(home: Path, tmp_path: Path) -> Path:
    """A collection of two speakers."""
    brought(home, small_media(tmp_path / "incoming"), SPEAKERS)
    return home


def brought(home: Path, media: Path, words: dict[str, dict[str, str]]) -> dict[str, int]:
    return add(Intake(home, SOURCE, Metadata(words), collection.find(home).people), [media]).dropped


def of(home: Path, name: str) -> str:
    return collection.find(home).people.of(name)


def another(home: Path, tmp_path: Path, speaker: str) -> dict[str, int]:
    """Bring one more recording, of this speaker; what was dropped, by its reason."""
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "late.wav").write_bytes((tmp_path / "incoming" / "tone-0.wav").read_bytes() + b"\0\0")
    return brought(home, folder, {"late.wav": {"speaker": speaker}})


def test_who_is_known_is_found_by_name_after_a_rotation(spoken: Path) -> None:
    before = of(spoken, "speaker 1")
    done = rotate(collection.find(spoken))
    assert (done.keys, done.rotated) == (2, True)
    assert of(spoken, "speaker 1") == before
    assert forget(collection.find(spoken), "speaker 1", None, How()).files == ("tone-1.wav", "tone-3.wav")


def test_who_comes_after_a_rotation_has_a_pseudonym_by_the_new_key(spoken: Path, tmp_path: Path) -> None:
    rotate(collection.find(spoken))
    assert another(spoken, tmp_path, "Anna Example") == {}
    people = collection.find(spoken).people
    _, newest = people.by_each_key("Anna Example")
    speakers = {speaker for (speaker,) in Catalog(spoken).rows("SELECT speaker FROM statements")}
    assert newest in speakers
    rotate(collection.find(spoken))
    assert of(spoken, "Anna Example") == newest


def test_who_was_forgotten_stays_out_after_a_rotation(spoken: Path, tmp_path: Path) -> None:
    forget(collection.find(spoken), "speaker 1", None, How())
    rotate(collection.find(spoken))
    assert sum(another(spoken, tmp_path, "Speaker  1").values()) == 1
    assert Catalog(spoken).rows("SELECT count(*) FROM statements WHERE name = 'late.wav'") == [(0,)]


def test_verify_looks_for_the_pseudonyms_by_every_key(spoken: Path) -> None:
    old = of(spoken, "speaker 1")
    forget(collection.find(spoken), "speaker 1", None, How(may_return=True))
    rotate(collection.find(spoken))
    assert verify(collection.find(spoken), "speaker 1").found == ()
    (spoken / "note.txt").write_text(old)
    assert verify(collection.find(spoken), "speaker 1").found == ("note.txt",)


@pytest.mark.parametrize(
    "point", ["os:fsync before 1", "pathlib:Path.replace before 1", "pathlib:Path.replace after 1"]
)
def test_a_rotation_that_is_killed_leaves_keys_that_can_be_used(spoken: Path, point: str) -> None:
    before = of(spoken, "speaker 1")
    assert emocurate("rights", "keys", "--rotate", "--home", str(spoken), kill=point) < 0, "it was killed"
    assert key_chain(collection.find(spoken)).keys == (2 if "after" in point else 1)
    assert of(spoken, "speaker 1") == before
    assert rotate(collection.find(spoken)).rotated


def test_no_key_is_added_while_a_verb_works_with_the_old_ones(spoken: Path) -> None:
    with lease(spoken, "pull"), pytest.raises(Busy, match="emocurate pull"):
        rotate(collection.find(spoken))
    assert key_chain(collection.find(spoken)).keys == 1


@pytest.mark.parametrize("verb", NAMING)
def test_no_key_is_added_while_people_get_their_names(spoken: Path, verb: str) -> None:
    people = collection.find(spoken).people
    with naming(spoken, people, verb), naming(spoken, people, verb), pytest.raises(Busy, match=f"emocurate {verb}"):
        rotate(collection.find(spoken))


def test_an_add_that_read_the_keys_before_a_rotation_is_refused(spoken: Path, tmp_path: Path) -> None:
    before = Intake(spoken, SOURCE, Metadata(), collection.find(spoken).people)
    rotate(collection.find(spoken))
    with pytest.raises(Busy, match="rotated a moment ago"):
        add(before, [tmp_path / "incoming"])


def test_nobody_is_forgotten_while_media_come_in(spoken: Path) -> None:
    here = collection.find(spoken)
    with naming(spoken, here.people, "add"), pytest.raises(Busy, match="emocurate add"):
        forget(here, "speaker 1", None, How())


def test_a_collection_whose_key_is_lost_goes_on_with_a_new_one(spoken: Path) -> None:
    old = of(spoken, "speaker 1")
    with pytest.raises(BadSetting, match="nothing is lost"):
        begin_anew(collection.find(spoken))
    key_chain(collection.find(spoken)).file.unlink()
    assert begin_anew(collection.find(spoken)).begun
    assert of(spoken, "speaker 1") != old
    assert forget(collection.find(spoken), old, None, How()).files == ("tone-1.wav", "tone-3.wav")
