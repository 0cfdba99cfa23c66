"""Which web addresses may be fetched: http and https alone, and no machine that is not on the public internet."""

import ipaddress
import re
import socket
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from schemas.errors import Refused

SCHEMES = ("http", "https")
LONGEST = 8000  # letters of an address; servers need not take more (RFC 9110, 4.1)
METADATA = frozenset({"168.63.129.16"})  # of a cloud, on a public address; all others are on private or local ones
TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))  # IPv4 in IPv6 (RFC 6052)
BLANK = re.compile(r"[\x00-\x20\x7f]")
UNREAD = re.compile("[\ud800-\udfff\ufffd]")  # half a letter, and what stands for bytes that are none
NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")
REFUSAL = re.compile(r"(?:^|: )(\S+) is not on the public internet; --allow-host \1, if it is yours$")
COMPATIBLE = ipaddress.ip_network("::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def checked_url(text: str) -> URL:
    """A web address in its one form, without its fragment; raises Refused for any other, and never shows a password."""
    text = text.strip()
    if BLANK.search(text):
        raise Refused("the address holds blanks or control characters")
    if UNREAD.search(text):
        raise Refused("the address holds what is no letter: a list is read as UTF-8, unless its first bytes say UTF-16")
    if len(text) > LONGEST:
        raise Refused(f"the address has {len(text):,} letters; {LONGEST:,} are the most")
    try:
        url = URL(text).with_fragment(None)
        port, named = url.port, bool(url.host)  # of xn-- and what nobody has encoded there is no name
    except (ValueError, TypeError):
        raise Refused("not a web address; expected one such as https://example.org/a.wav") from None
    if url.scheme not in SCHEMES or not named:
        raise Refused(f"not a web address: {url.scheme or 'no'} scheme; expected http or https")
    if url.user is not None or url.password is not None:
        raise Refused("the address holds a name or password; take it out")
    if port == 0 or not _is_machine(url.raw_host or ""):
        raise Refused("the address names no machine by a name, an IP address or a port that there can be")
    return url if url.raw_path_qs != "/" else url.with_path("/")  # http://host and http://host/ are one address


@lru_cache(maxsize=4096)
def _is_machine(host: str) -> bool:
    """Whether a host is an IP address or a name, and nothing that a system may read as either."""
    return bool(_literal(host) or (NAME.fullmatch(host) and not _is_number(host)))


@lru_cache(maxsize=4096)
def public(text: str) -> bool:
    """Whether an IP address is one of the public internet, whatever it is wrapped in."""
    address = _literal(text)
    return address is not None and all(
        one.is_global and not one.is_multicast and not one.is_reserved and str(one) not in METADATA
        for one in _within(address)
    )


@dataclass(frozen=True)
class Door:
    """Which machines may be asked: public ones, and hosts by name or `name:port` that somebody allowed."""

    allowed: Collection[str] = ()

    def allows(self, host: str, port: int | None) -> bool:
        """Whether a host was allowed by name, whatever its IP address is."""
        return host.casefold() in self.allowed or f"{host.casefold()}:{port}" in self.allowed

    def check(self, url: URL) -> None:
        """Raises Refused for an address that is an IP address already, which nobody would resolve."""
        host = url.raw_host or ""
        if _literal(host) is not None and not public(host) and not self.allows(host, url.port):
            raise Refused(_refusal(host))


class PublicResolver(AbstractResolver):
    """Resolves names to the IP addresses that are connected to then; none of them may be private.

    The answer that was checked is the one that is used: a name that resolves otherwise a moment later finds nobody.
    """

    def __init__(self, door: Door) -> None:
        self._door = door
        self._names = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a host; raises Refused where one of them is not public, OSError where there is none."""
        addresses = await self._names.resolve(host, port, family)
        if not self._door.allows(host, port) and any(not public(one["host"].partition("%")[0]) for one in addresses):
            raise Refused(_refusal(host))
        return addresses

    async def close(self) -> None:
        """Let go of what resolving holds."""
        await self._names.close()


def refused_then(reason: str | None, hosts: Iterable[str]) -> bool:
    """Whether an address was refused for want of one of these hosts, which are allowed now by name or `name:port`."""
    refused = REFUSAL.search(reason or "")
    names = {name.casefold() for host in hosts for name in (host, host.rpartition(":")[0])}
    return refused is not None and refused[1].casefold() in names


def _refusal(host: str) -> str:
    return f"{host} is not on the public internet; --allow-host {host}, if it is yours"


@lru_cache(maxsize=4096)
def _literal(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _within(address: Address) -> list[Address]:
    """An address and the IPv4 addresses it carries: mapped, compatible, 6to4, Teredo, translated."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if any(address in network for network in (*TRANSLATED, COMPATIBLE)):
        inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    carried: list[Address] = [one for one in inner if one is not None]
    return carried if address.ipv4_mapped else [address, *carried]


def _is_number(host: str) -> bool:
    """Whether a system may read a host as an IPv4 address in one of its old forms: 127.1, 0x7f.1, 2130706433."""
    try:
        socket.inet_aton(host)
    except (OSError, UnicodeError):
        return False
    return True
