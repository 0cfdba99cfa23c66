"""How the page of a project differs from the one that was pushed."""

from dataclasses import replace

from annotate.studio.interface import interface
from annotate.studio.pages import changes, with_additions
from schemas.scheme import Protocol, shipped_schemes

EKMAN = interface(shipped_schemes()["ekman"], "voice")


def test_the_same_page_written_otherwise_is_the_same() -> None:
    assert list(changes(EKMAN, EKMAN.replace(">\n", ">\n\n   ").replace("<View", "<View  "))) == []


def test_a_renamed_choice_is_named() -> None:
    assert list(changes(EKMAN, EKMAN.replace('value="fear"', 'value="anxiety"'))) == [
        "question 'emotion' lost 'fear' and gained 'anxiety'"
    ]


def test_questions_that_came_and_went_are_named() -> None:
    renamed = EKMAN.replace('name="intensity"', 'name="strength"')
    assert list(changes(EKMAN, renamed)) == ["question 'intensity' is gone", "question 'strength' is new"]


def test_a_page_that_only_looks_otherwise_or_is_no_page_is_told_as_that() -> None:
    assert list(changes(EKMAN, EKMAN.replace('layout="inline"', 'layout="vertical"'))) == [
        "it asks the same, and looks otherwise"
    ]
    (change,) = changes(EKMAN, "<View")
    assert "not XML" in change


def test_flags_that_a_page_does_not_have_yet_are_no_question_that_is_gone() -> None:
    scheme = shipped_schemes()["ekman"]
    without = replace(scheme, protocol=Protocol(flags=False))
    assert list(changes(interface(scheme, "voice"), interface(without, "voice"))) == [
        "it asks the same, and looks otherwise"
    ]


def test_controls_that_somebody_added_come_to_the_end_of_our_page_and_nothing_else_of_theirs() -> None:
    extra = '<View><Choices name="extra" toName="_media"><Choice value="x"/></Choices></View></View>'
    theirs = EKMAN[: EKMAN.rindex("</View>")].replace('layout="inline"', 'layout="vertical"') + extra
    merged = with_additions(EKMAN, theirs)
    assert list(changes(EKMAN, merged)) == ["question 'extra' is new"]
    assert with_additions(EKMAN, merged) == merged
    assert list(changes(EKMAN, with_additions(EKMAN, "<View"))) == []
