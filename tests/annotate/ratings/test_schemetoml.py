"""Schemes as text: what is written down is read back, and a line says what a question offers."""

import pytest

from annotate.ratings.schemetoml import described, scheme_text
from schemas.scheme import Category, Protocol, Question, Scale, Scheme, scheme_from_toml, shipped_schemes

ODD = Scheme(
    "odd", 2, 'a "title"', ("voice",), protocol=Protocol("sequential"), instruction="look\nlisten",
    questions=(
        Question("q", "Ünï \x7f", "choices", required=True, family="f", aliases=("Q 1",), categories=(
            Category("C+", "C+", ("é", "\\"), ("words",)), Category("d", "D"))),
        Question("s", "S", "scale", untouched="lowest", scale=Scale(-0.5, 1.5, 0.25, "interval", ((-0.5, "low"), (1, "one")))),
        Question("t", "T", "text"),
    ),
)  # fmt: skip


@pytest.mark.parametrize("scheme", [ODD, *shipped_schemes().values()], ids=lambda one: one.name)
def test_a_scheme_that_is_written_down_is_read_back(scheme: Scheme) -> None:
    assert scheme_from_toml(scheme_text(scheme), "t.toml") == scheme


def test_a_line_says_what_a_question_offers() -> None:
    assert [described(one) for one in ODD.questions] == [
        "q: 2 categories, several at once: C+, d", "s: scale -0.5 to 1.5 in steps of 0.25, interval", "t: free text",
    ]  # fmt: skip
    many = tuple(Category(f"c{place}", "C") for place in range(20))
    assert described(Question("m", "M", "choice", categories=many)).endswith("c11, …")
