"""Pseudonyms: the same name is the same pseudonym, and the key lies elsewhere."""

import stat
from pathlib import Path

import pytest

from pipelines.engine.pseudonyms import pseudonyms


def test_a_name_has_one_pseudonym_whatever_its_case_and_spaces() -> None:
    people = pseudonyms("c1")
    assert people.of("Anna  Example") == pseudonyms("c1").of(" anna example ")
    assert people.of("Anna Example") != people.of("Anna Exampel")


def test_two_collections_call_the_same_person_differently() -> None:
    assert pseudonyms("c1").of("Anna") != pseudonyms("c2").of("Anna")


def test_the_key_is_for_its_owner_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EMOCURATE_KEYS", str(tmp_path / "keys"))
    pseudonyms("c1")
    (key,) = (tmp_path / "keys").iterdir()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_the_key_is_never_shown() -> None:
    people = pseudonyms("c1")
    assert people.key.hex() not in repr(people)
    assert "hidden" in repr(people)
