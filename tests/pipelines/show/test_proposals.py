"""What `next` says."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest

from annotate.sampling import Proposal
from pipelines.ask.proposals import Next, Proposed
from pipelines.show.proposals import proposed

CHANCE = Proposal(item="i1", uncertainty=1, disagreement=0, coverage=0, part="random", probability=0.125, why=None)
DRAW = Next(
    "ekman-1",
    10,
    "Propose@1-abc",
    (Proposed("ekman-1", "one.wav 0.00 s", "drawn by chance alone", CHANCE),),
)


def test_each_proposal_has_its_probability_and_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    proposed([DRAW])
    printed = capsys.readouterr()
    assert "Ask next in ekman-1 (1 of 10)" in printed.out
    assert printed.out.splitlines()[-1] == "one.wav 0.00 s  random  0.12         drawn by chance alone"
    assert "The random part represents all candidates" in printed.err


def test_a_scheme_without_candidates_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    proposed([Next("ekman-1", 0, "Propose@1-abc", ())])
    assert "ekman-1: no clip to ask about" in capsys.readouterr().err


def test_json_holds_the_whole_draw(as_json: Callable[[Any], Any]) -> None:
    (data,) = as_json([DRAW])
    assert data == asdict(DRAW) | {"proposed": [asdict(DRAW.proposed[0])]}
