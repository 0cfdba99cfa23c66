"""Pseudonyms: the same name is the same pseudonym, and the keys lie elsewhere."""

import secrets
import stat
from pathlib import Path

import pytest

from pipelines import collection
from pipelines.engine.catalog import Catalog
from pipelines.engine.keys import add_key, key_file
from pipelines.engine.pseudonyms import Pseudonyms, pseudonyms
from schemas.errors import BadSetting


def made(folder: Path) -> Path:
    return collection.make(folder, "test", ("ekman",)).home


def key_of(home: Path) -> Path:
    pseudonyms(home)
    return key_file(str(Catalog(home).fact("collection")))


def test_a_name_has_one_pseudonym_whatever_its_case_and_spaces(tmp_path: Path) -> None:
    home = made(tmp_path / "c1")
    people = pseudonyms(home)
    assert people.of("Anna  Example") == pseudonyms(home).of(" anna example ")
    assert people.of("Anna Example") != people.of("Anna Exampel")


def test_two_collections_call_the_same_person_differently(tmp_path: Path) -> None:
    assert pseudonyms(made(tmp_path / "c1")).of("Anna") != pseudonyms(made(tmp_path / "c2")).of("Anna")


def test_the_key_is_for_its_owner_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EMOCURATE_KEYS", str(tmp_path / "keys"))
    key = key_of(made(tmp_path / "c1"))
    add_key(key.stem)
    assert [key] == list((tmp_path / "keys").iterdir())
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_the_key_is_never_shown(tmp_path: Path) -> None:
    people = pseudonyms(made(tmp_path / "c1"))
    assert people.keys[0].hex() not in repr(people)
    assert "hidden" in repr(people)


def test_only_who_is_in_use_has_a_pseudonym_by_an_older_key() -> None:
    keys = (b"1" * 32, b"2" * 32, b"3" * 32)
    first, second, newest = Pseudonyms(keys).by_each_key("Anna")
    assert Pseudonyms(keys).of("Anna") == newest
    assert Pseudonyms(keys, frozenset({second})).of("Anna") == second
    assert Pseudonyms(keys, frozenset({first, newest})).of("Anna") == first


def test_a_lost_key_is_said_with_what_is_lost_and_what_to_type(tmp_path: Path) -> None:
    home = made(tmp_path / "c1")
    key_of(home).unlink()
    with pytest.raises(BadSetting, match=r"copy it to .*keys --lost.*by name.*forgotten may come in again"):
        pseudonyms(home)


def test_another_key_is_refused(tmp_path: Path) -> None:
    home = made(tmp_path / "c1")
    key_of(home).write_bytes(secrets.token_bytes(32))
    with pytest.raises(BadSetting, match="is not the key this collection's pseudonyms were made with"):
        pseudonyms(home)


def test_a_file_of_keys_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    home = made(tmp_path / "c1")
    key = key_of(home)
    key.write_bytes(key.read_bytes()[:20])
    with pytest.raises(BadSetting, match="has 20 bytes and is damaged"):
        pseudonyms(home)


def test_a_machine_that_lacks_the_newest_key_is_told_so(tmp_path: Path) -> None:
    home = made(tmp_path / "c1")
    key = key_of(home)
    older = key.read_bytes()
    add_key(key.stem)
    pseudonyms(home)
    key.write_bytes(older)
    with pytest.raises(BadSetting, match="has 1 of the 2 keys .* rotated on another machine"):
        pseudonyms(home)
