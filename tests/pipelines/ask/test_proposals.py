"""`next`: what is proposed in a collection, why, and that its probability is written down."""

from pathlib import Path

import pytest

from annotate.sampling import Plan
from pipelines.ask.proposals import PROPOSED, Next, propose
from pipelines.collection import find
from pipelines.engine import live
from pipelines.engine.catalog import Catalog
from schemas.stage import Receipt
from tests.pipelines.answering import EKMAN, Said, answer, asset

SPLIT = {"a": "fear", "b": "anger", "c": "happiness"}


def proposed(home: Path, **plan: float) -> Next:
    (found,) = propose(home, find(home).settings, [EKMAN], Plan(**plan))  # type: ignore[arg-type]
    return found


def test_disputed_items_come_before_settled_ones(home: Path) -> None:
    settled = [Said(f"settled-{n}", rater, "fear") for n in range(30) for rater in "abc"]
    disputed = [Said("disputed", rater, value) for rater, value in SPLIT.items()]
    answer(home, settled + disputed)
    hits = [
        each
        for seed in range(4)
        for each in proposed(home, n=5, random_share=0.2, seed=seed).proposed
        if each.name == "disputed"
    ]
    assert len(hits) >= 3
    assert any("emotion" in hit.reason for hit in hits)


def test_clips_that_were_never_asked_about_are_candidates(home: Path) -> None:
    clips = asset(home, "one", clips=3)
    with Catalog(home).open() as connection:
        receipt = Receipt("FindSpeech@1", "one".rjust(32, "0"), "done")
        Catalog(home).commit(connection, receipts=[receipt])
        connection.execute("UPDATE receipts SET made = ?", [clips])
        live.refresh_on(connection, ["FindSpeech@1"])
    found = proposed(home, n=3, random_share=0.1)
    assert found.candidates == 3
    reasons = {each.reason for each in found.proposed if each.proposal.part == "targeted"}
    assert reasons == {"uncertainty: nobody has answered yet"}


def test_what_is_rare_among_the_answered_is_proposed_for_coverage(home: Path) -> None:
    said = []
    for n in range(12):
        (clip,) = asset(home, f"en{n}", language="en")
        said += [Said(clip, rater, "fear") for rater in "ab"]
    (clip,) = asset(home, "de", language="de")
    answer(home, [*said, *(Said(clip, rater, "anger") for rater in "ab")])
    found = proposed(home, n=13, random_share=0.05, uncertainty=0, disagreement=0)
    reason = next((each.reason for each in found.proposed if each.name.startswith("de")), "")
    assert reason in (
        "coverage: category 'anger' has 1 answered items, the most covered has 12",
        "drawn by chance alone",
    )
    assert next(each.proposal.coverage for each in found.proposed if each.name.startswith("de")) > 0.9


def test_the_same_state_and_seed_propose_the_same_and_write_it_down_once(home: Path) -> None:
    answer(home, [Said(f"{n}", rater, "fear") for n in range(20) for rater in "ab"])
    first, second = proposed(home, n=6), proposed(home, n=6)
    assert first == second
    assert proposed(home, n=6, seed=1).proposed != first.proposed
    kept = Catalog(home).rows(
        "SELECT subject, value, reason FROM decisions WHERE what = ?", [f"{PROPOSED} {first.draw}"]
    )
    assert {row[0]: row[1] for row in kept} == {
        each.proposal.item: pytest.approx(each.proposal.probability) for each in first.proposed
    }
    assert sum(reason.startswith("random: ") for _, _, reason in kept) == 1


def test_new_answers_make_a_new_draw(home: Path) -> None:
    answer(home, [Said(f"{n}", rater, "fear") for n in range(10) for rater in "ab"])
    before = proposed(home, n=4).draw
    answer(home, [Said("3", "c", "anger")])
    assert proposed(home, n=4).draw != before


def test_a_collection_with_nothing_to_ask_has_no_proposals(home: Path) -> None:
    assert proposed(home).proposed == ()
