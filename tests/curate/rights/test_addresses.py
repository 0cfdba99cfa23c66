"""Which addresses may be fetched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.rights.addresses import Door, checked_url, public
from schemas.errors import Refused


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.100.100.200", "0.0.0.0",  # noqa: S104
        "168.63.129.16", "224.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fd00:ec2::254",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::7f00:1", "2002:7f00:1::", "64:ff9b::7f00:1", "ff02::1", "words",
        "64:ff9b:1::a00:1", "2001:0:7f00:1::",
    ],
)  # fmt: skip
def test_a_machine_that_is_not_on_the_public_internet_is_known(address: str) -> None:
    assert not public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_a_public_machine_is_known(address: str) -> None:
    assert public(address)


@pytest.mark.parametrize(
    "text",
    [
        "file:///etc/passwd", "ftp://example.org/", "gopher://example.org/", "data:text/html,x", "example.org/a.wav", "",
        "http://", "http:///a", "http://[::1", "http://a b/", "http://a/\r\nHost: b", "http://a/\x00", "http://a:99999/",
        "http://2130706433/", "http://0x7f.1/", "http://127.1/", "http://0177.0.0.1/", "http://u:p@example.org/",
        "http://example.org:0/", "http://" + "a" * 9000,
        "http://xn--a/", "http://a/\ud800", "http://a/M\ufffdller.wav",
    ],
)  # fmt: skip
def test_what_is_no_plain_web_address_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        checked_url(text)


@given(st.text())
def test_any_text_is_an_address_or_refused(text: str) -> None:
    for whole in (text, f"http://{text}", f"http://example.org/{text}"):
        try:
            url = checked_url(whole)
        except Refused:
            continue
        assert url.scheme in ("http", "https")
        assert not set("\r\n\x00 ") & set(str(url))


def test_an_address_has_one_form_whatever_its_fragment_and_case() -> None:
    assert str(checked_url(" HTTP://Example.ORG:80/a#part ")) == "http://example.org/a"
    assert {str(checked_url(f"http://example.org{end}")) for end in ("", "/", "#part", "/#part")} == {
        "http://example.org/"
    }
    assert str(checked_url("http://example.org?x=1")) == "http://example.org/?x=1"


def test_a_host_is_allowed_by_name_or_with_its_port() -> None:
    door = Door(("127.0.0.1:8080", "intranet"))
    assert door.allows("127.0.0.1", 8080)
    assert not door.allows("127.0.0.1", 80)
    assert door.allows("INTRANET", 443)
