"""Licences are known by their SPDX names; whatever else is typed is told with the nearest one."""

import pytest
from packaging.licenses import canonicalize_license_expression

from annotate.ratings.corpora import corpora
from annotate.ratings.layout import presets
from schemas.errors import BadSetting
from schemas.licences import KNOWN, checked, doubt, spdx
from schemas.settings import Settings


@pytest.mark.parametrize("licence", ["CC-BY-4.0", "cc by 4.0", "CC-BY-3.0-DE", "GPL-3.0-or-later", "LicenseRef-Ours-2"])
def test_a_known_licence_is_taken_in_any_spelling_and_so_is_ones_own(licence: str) -> None:
    assert checked(f" {licence} ", "--licence") == licence


@pytest.mark.parametrize(
    ("licence", "meant"),
    [
        ("CC-BY-4.O", "CC-BY-4.0"),
        ("CCBY", "CC-BY-4.0"),
        ("CC-BY", "CC-BY-4.0"),
        ("CC0", "CC0-1.0"),
        ("cc-by-sa4", "CC-BY-SA-4.0"),
        ("Apache 2", "Apache-2.0"),
        ("ODBL", "ODbL-1.0"),
    ],
)
def test_a_slip_is_told_with_the_nearest_licence(licence: str, meant: str) -> None:
    with pytest.raises(BadSetting, match=rf"--licence '{licence}': did you mean '{meant}'\?.*LicenseRef-NAME"):
        checked(licence, "--licence")


@pytest.mark.parametrize("licence", ["Creative Commons", "proprietary", "", "LicenseRef-", "LicenseRef-our terms!"])
def test_what_is_near_nothing_is_told_what_was_expected(licence: str) -> None:
    assert (doubt(licence) or "").startswith("expected an SPDX name such as 'CC-BY-4.0'")


def test_every_known_name_is_on_the_list_of_spdx_as_it_is_written_there() -> None:
    for name in KNOWN:
        assert canonicalize_license_expression(name.lower()) == name


def test_all_licences_that_are_shipped_are_known() -> None:
    shipped = {layout.licence for layout in presets().values()} | {corpus.licence for corpus in corpora().values()}
    assert [licence for licence in (*shipped, *Settings().publish.licences) if licence and doubt(licence)] == []


def test_a_licence_is_written_as_spdx_writes_it_and_another_text_stays() -> None:
    assert [spdx(text) for text in ("cc-by-4.0", "cc by 4.0", "odbl-1.0", "mine")] == [
        "CC-BY-4.0",
        "CC-BY-4.0",
        "ODbL-1.0",
        "mine",
    ]
