"""Ids are golden: a change of any of these orphans every collection there is."""

import pytest

from schemas.answers import Answer, Ask, Item
from schemas.ids import asset_id, canonical, content_id
from schemas.media import Arrival, Clip, Source, Statement
from schemas.scheme import shipped_schemes
from schemas.stage import stage_key

GOLDEN = {
    "source": Source("licence", "CC-BY-4.0", address="https://example.org/a").id,
    "synthetic": Source("synthetic", "CC0-1.0", model="espeak-ng", seed="1", requested="anger").id,
    "attributed": Source("licence", "CC-BY-4.0", attribution="Example Radio").id,
    "arrival": Arrival("a" * 32, "b" * 32).id,
    "layer": Source("licence", "CC-BY-4.0", layer="text").id,
    "statement": Statement("c" * 32, "räum 1/#2.wav", "file", "2026-01-02T03:04:05.000000Z", language="de").id,
    "whole": Clip("a" * 32, "whole").id,
    "utterance": Clip("a" * 32, "utterance", 120, 3480).id,
    "face": Clip("a" * 32, "face", 1000, 1000, (10, 20, 30, 40)).id,
    "picture face": Clip("a" * 32, "face", box=(10, 20, 30, 40)).id,
    "item": Item("clip", "d" * 32).id,
    "ask": Ask("e" * 32, "f" * 32).id,
    "gold ask": Ask("e" * 32, "f" * 32, "anger", 2, 1, "gold", "model-1", 7).id,
    "answer": Answer("o", "k", "emotion", "p1", "2026-01-02T03:04:05.000000Z", '"anger"', "given", 900).id,
}


def test_the_ids_of_all_nouns_stay_what_they_are() -> None:
    assert GOLDEN == {
        "source": "be9731913da5c938a17875d2c643f57d",
        "synthetic": "e2342a5d42bfe11310ae286ca0459836",
        "attributed": "49d907e1ec92c7295a0d5c819ebc49cf",
        "arrival": "d5cb548ab6b4cf89e11551ac0f7fcaac",
        "layer": "c8d766595ea1c1d7c9cc0a5905ae19d4",
        "statement": "ac27ffae5eeeca4cfb0c890b0579f8a4",
        "whole": "608258811c920d78e3f07b4c42da9437",
        "utterance": "a1b5ccf2900da3d18a5a479df82e375b",
        "face": "1ce8b56389bbe68208cffa552f48ebb4",
        "picture face": "04fdbea8b165f2dbd735f4f57c258657",
        "item": "ef1aadf79a09738671dbf17c3658725c",
        "ask": "155a7df672d70f7ac6d173e0abdf3c6e",
        "gold ask": "d0423059ea2f7d8982261ff4ec6e2943",
        "answer": "4e74a98bc3951c18c3d3f9cb7b0d0243",
    }


def test_the_schemes_we_ship_keep_their_ids() -> None:
    assert {name: scheme.id for name, scheme in shipped_schemes().items()} == {
        "ekman": "93b66999c073369482fdeacfaa7af3d3",
        "ekman-moment": "12f4be1f7b0d1e72b2a47541afc54973",
        "emonet-face-hq": "ac0591b5e274ad3fab3c74f3908d666b",
        "vad": "af21f1b24eeb05252e9b6db7c3515bb3",
    }


def test_the_time_an_answer_took_is_no_part_of_its_identity() -> None:
    values = ("o", "k", "q", "r", "2026-01-02T03:04:05.000000Z", "1", "given")
    assert Answer(*values, duration_ms=1).id == Answer(*values, duration_ms=2).id  # type: ignore[arg-type]


def test_an_asset_is_named_by_the_first_32_digits_of_its_hash() -> None:
    assert asset_id("0123456789abcdef" * 4) == "0123456789abcdef" * 2


def test_equal_values_in_another_order_have_one_text() -> None:
    assert canonical({"b": 1, "a": [1.5, None, "ü"]}) == canonical({"a": [1.5, None, "ü"], "b": 1})


def test_numbers_that_are_not_finite_have_no_text() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical(float("nan"))


def test_nouns_with_the_same_values_have_different_ids() -> None:
    assert content_id("item", kind="clip", ref="x") != content_id("ask", kind="clip", ref="x")


def test_a_surrogate_that_stands_for_an_odd_byte_still_has_an_id() -> None:
    assert content_id("file", name="\udcff") != content_id("file", name="\udcfe")


def test_a_stage_is_named_by_its_class_version_and_parameters() -> None:
    from curate.read.probe import Probe

    assert stage_key(Probe()) == "Probe@1-4f86fdda"
