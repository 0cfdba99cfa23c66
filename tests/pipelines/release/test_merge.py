"""A card that was edited on the Hub is merged with ours: nobody's words are lost, and no clash is settled in silence."""

from hypothesis import given
from hypothesis import strategies as st

from pipelines.release.merge import has_body, merged

BASE = """\
---
license: cc-by-4.0
tags: [emotion, webdataset]
---

# Voices v1

10 clips.

## Labels

| anger | 5 |
"""
OURS = BASE.replace("v1", "v2").replace("10 clips", "12 clips").replace("| 5 |", "| 7 |")
LINES = st.lists(st.sampled_from(["a\n", "b\n", "\n", "## c\n", "d\n"]), max_size=8).map("".join)


def test_words_beside_ours_stay_where_they_were_put() -> None:
    theirs = BASE.replace("# Voices", "Cite us as Doe (2026).\n\n# Voices") + "\n## Funding\n\nBy nobody.\n"
    card = merged(BASE, theirs, OURS)
    assert card.clashes == ()
    assert card.text == OURS.replace("# Voices", "Cite us as Doe (2026).\n\n# Voices") + "\n## Funding\n\nBy nobody.\n"


def test_front_matter_that_the_hub_wrote_anew_is_merged_key_by_key() -> None:
    theirs = BASE.replace(
        "license: cc-by-4.0\ntags: [emotion, webdataset]", "tags:\n- emotion\n- ours\nlicense: 'cc-by-4.0'"
    )
    card = merged(BASE, theirs, OURS.replace("license: cc-by-4.0", "license: other"))
    assert card.clashes == ()
    assert card.text.startswith("---\nlicense: other\ntags:\n- emotion\n- ours\n---\n\n# Voices v2\n")


def test_what_both_changed_is_a_clash_and_named() -> None:
    theirs = BASE.replace("10 clips", "ten clips").replace("cc-by-4.0", "mit")
    assert merged(BASE, theirs, OURS.replace("cc-by-4.0", "other")).clashes == ("license:", "ten clips.")


def test_line_ends_of_another_system_are_no_edit() -> None:
    assert merged(BASE, BASE.replace("\n", "\r\n"), OURS).text == OURS


def test_a_card_the_hub_made_has_no_body() -> None:
    assert not has_body("---\nlicense: mit\n---\n")
    assert not has_body("")
    assert has_body("---\nlicense: mit\n---\n# Mine\n")


@given(LINES, LINES)
def test_what_only_one_side_changed_is_taken_as_it_is(base: str, changed: str) -> None:
    assert merged(base, changed, base) == merged(base, base, changed) == merged(base, changed, changed)
    assert merged(base, changed, base).text == changed
    assert merged(base, changed, base).clashes == ()


@given(LINES, LINES, LINES)
def test_without_a_clash_every_line_that_somebody_added_is_there(base: str, theirs: str, ours: str) -> None:
    card = merged(base, theirs, ours)
    lines = card.text.splitlines()
    for side in (theirs, ours) if not card.clashes else ():
        assert {line for line in side.splitlines() if line not in base.splitlines()} <= set(lines)
