"""Licences as the web states them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.rights.licences import LONGEST, claim, licence_of
from schemas.licences import doubt


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0"),
        ("http://www.creativecommons.org/licenses/by-nc-sa/3.0/de/", "CC-BY-NC-SA-3.0"),
        ("//creativecommons.org/licenses/by-sa/2.5", "CC-BY-SA-2.5"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("https://creativecommons.org/publicdomain/mark/1.0/", "CC-PDM-1.0"),
        ("https://spdx.org/licenses/CC-BY-4.0.html", "CC-BY-4.0"),
        ("https://opendatacommons.org/licenses/by/1-0/", "ODC-By-1.0"),
        ("https://www.apache.org/licenses/LICENSE-2.0", "Apache-2.0"),
        ("cc-by-4.0", "CC-BY-4.0"),
        ("CC BY-NC 4.0", "CC-BY-NC-4.0"),
        ("CC BY 4.0 International", "CC-BY-4.0"),
        ("Creative Commons Attribution-NonCommercial-ShareAlike 4.0 International", "CC-BY-NC-SA-4.0"),
        ("Creative Commons Attribution 3.0 Unported", "CC-BY-3.0"),
        ("CC0 1.0 Universal", "CC0-1.0"),
    ],
)
def test_what_is_stated_is_read_as_spdx(text: str, licence: str) -> None:
    assert licence_of(text) == licence


@pytest.mark.parametrize(
    "text",
    [
        "All rights reserved", "", "CC BY", "Creative Commons", "https://creativecommons.org/", "https://example.org/by/4.0/",
        "https://creativecommons.org/licenses/by-xx/4.0/", "https://creativecommons.org.evil.example/licenses/by/4.0/",
        "my-podcast-license-v1", "LicenseRef-mine", "not CC BY 4.0", "CC BY 3.0 or CC BY 4.0", "http://[::1",
        "https://evil.example/?https://creativecommons.org/licenses/by/4.0/", "https://creativecommons.org/licenses/by/9.0/",
    ],
)  # fmt: skip
def test_what_is_not_certain_is_no_licence(text: str) -> None:
    assert licence_of(text) is None


def test_words_nobody_understands_are_kept_as_they_are() -> None:
    made = claim("  Free for \n research only ", "a[rel=license]")
    assert made
    assert (made.licence, made.verbatim) == (None, "Free for research only")
    assert claim(" \n ", "a") is None


@given(
    st.one_of(
        st.text(),
        st.text().map("https://creativecommons.org/licenses/{}".format),
        st.from_regex(r"CC[ -]BY([ -](NC|ND|SA)){0,4}[ -][0-9]\.[0-9]"),
    )
)
def test_any_text_is_a_known_licence_or_none(text: str) -> None:
    licence = licence_of(text)
    assert licence is None or doubt(licence) is None
    made = claim(text, "x")
    assert made is None or len(made.verbatim) <= LONGEST


@given(
    st.sampled_from(["by", "by-sa", "by-nc", "by-nd", "by-nc-sa", "by-nc-nd"]), st.sampled_from(["2.0", "3.0", "4.0"])
)
def test_an_address_a_slug_and_a_name_say_the_same(terms: str, version: str) -> None:
    address = licence_of(f"https://creativecommons.org/licenses/{terms}/{version}/")
    assert address == licence_of(f"cc-{terms}-{version}") == licence_of(f"CC {terms.upper()} {version}")
