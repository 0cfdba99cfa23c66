"""What sites say against having their media taken: robots.txt, headers, meta tags, TDMRep, ai.txt, AI preferences."""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

from protego import Protego

from curate.rights.patterns import matches, path_of
from schemas.web import OptOutKind

RULES = "optouts@1"  # the version of these rules; it stands beside every verdict
ROBOTS_BYTES = 500 << 10  # of a robots.txt are read (RFC 9309, 2.5)
LONGEST = 300  # letters of what is quoted
OURS = "emocurate"
AI_AGENTS = (
    "GPTBot", "CCBot", "Google-Extended", "ClaudeBot", "anthropic-ai", "Bytespider", "Applebot-Extended",
    "meta-externalagent", "FacebookBot", "Amazonbot", "cohere-ai", "cohere-training-data-crawler", "Diffbot", "Omgili",
    "Omgilibot", "ImagesiftBot", "img2dataset", "AI2Bot", "PanguBot", "PetalBot", "Timpibot", "LAION", "ICC-Crawler",
)  # fmt: skip
NO_AI = frozenset({"noai", "noimageai", "noml"})
USES = frozenset({"ai-train", "train-ai", "train-genai", "genai", "ai", "tdm", "automated", "bots", "all"})
NO = frozenset({"no", "n", "0", "false", "?0"})
ROBOTS_METAS = frozenset({"robots", OURS, *(agent.casefold() for agent in AI_AGENTS)})


@dataclass(frozen=True)
class OptOut:
    """One thing somebody says against it: of which kind, and the words themselves, cut where they are long."""

    kind: OptOutKind
    verbatim: str

    @property
    def reason(self) -> str:
        """What a dropped address is dropped with."""
        where = {"ai-agents": "robots.txt for AI agents"}.get(self.kind, self.kind)
        return f"opted out in {where}: {self.verbatim}"


def opted(kind: OptOutKind, verbatim: str) -> OptOut:
    """An opt-out with its words on one line, cut."""
    text = " ".join(verbatim.split())
    return OptOut(kind, text if len(text) <= LONGEST else text[: LONGEST - 1] + "…")


@dataclass(frozen=True)
class Robots:
    """A robots.txt: who may fetch what, how long to wait between, where sitemaps are, and preferences about AI."""

    text: str

    @cached_property
    def rules(self) -> Protego:
        """The rules as protego reads them."""
        return Protego.parse(self.text)

    @cached_property
    def groups(self) -> list[tuple[list[str], list[tuple[str, str]]]]:
        """The agents of each group and its lines."""
        return _groups(self.text)

    @cached_property
    def names_us(self) -> bool:
        """Whether a group is for us by name: then it alone holds, as RFC 9309 says."""
        return any(agent.casefold() == OURS for agents, _ in self.groups for agent in agents)

    def optouts(self, url: str) -> Iterator[OptOut]:
        """What it says against an address: to us, to everybody, to agents that gather for AI; and preferences."""
        if not self.text.strip():
            return
        if not self.rules.can_fetch(url, OURS):
            yield opted("robots.txt", f"disallows {OURS if self.names_us else '*'} {path_of(url)}")
        if self.names_us:
            agents: tuple[str, ...] = (OURS,)
        else:
            agents = ("*", *AI_AGENTS)
            against = [agent for agent in AI_AGENTS if not self.rules.can_fetch(url, agent)]
            if against and self.rules.can_fetch(url, OURS):
                yield opted("ai-agents", f"disallows {', '.join(against)}")
        yield from self._preferences(url, {agent.casefold() for agent in agents})

    def crawl_delay_s(self) -> float:
        """The seconds it wants between two requests; 0 where it says nothing."""
        delay = self.rules.crawl_delay(OURS)
        rate = self.rules.request_rate(OURS)
        per_request = rate.seconds / rate.requests if rate and rate.requests else 0.0
        return max((wait for wait in (float(delay or 0), per_request) if 0 < wait < math.inf), default=0.0)

    def sitemaps(self) -> list[str]:
        """The addresses of its sitemaps."""
        return list(self.rules.sitemaps)

    def _preferences(self, url: str, agents: set[str]) -> Iterator[OptOut]:
        """Of each kind the lines that fit the address most closely; of those that fit alike, any no."""
        path, kinds = path_of(url), {"content-signal": "content-signal", "content-usage": "content-usage"}
        for name, kind in kinds.items():
            fitting = [
                (len(pattern), words)
                for group, lines in self.groups
                if not group or agents & {agent.casefold() for agent in group}
                for field, value in lines
                if field == name
                for pattern, words in [_scoped(value)]
                if matches(pattern, path)
            ]
            longest = max((length for length, _ in fitting), default=0)
            for words in dict.fromkeys(words for length, words in fitting if length == longest):
                if is_against(words):
                    yield opted(kind, words)  # type: ignore[arg-type]


def robots_text(body: bytes) -> str:
    """The text of a robots.txt; of one that is too long, its whole lines within the first 500 KiB."""
    if len(body) >= ROBOTS_BYTES:
        body = body[:ROBOTS_BYTES]
        body = body[: max(body.rfind(b"\n"), body.rfind(b"\r")) + 1]
    return body.decode("utf-8", "replace").removeprefix("\ufeff")


def header_optouts(headers: Mapping[str, str]) -> Iterator[OptOut]:
    """What the headers of an answer say against it; names in small letters."""
    if (words := headers.get("x-robots-tag")) and NO_AI & set(_robots_words(words)):
        yield opted("x-robots-tag", words)
    if headers.get("tdm-reservation", "").strip() == "1":
        policy = headers.get("tdm-policy")
        yield opted("tdmrep", f"tdm-reservation: 1{f', tdm-policy: {policy}' if policy else ''}")
    for kind in ("content-signal", "content-usage"):
        if (words := headers.get(kind)) and is_against(words):
            yield opted(kind, words)


def meta_optouts(metas: Iterable[tuple[str, str]]) -> Iterator[OptOut]:
    """What the meta tags of a page, as (name, content), say against it and what it shows."""
    for name, content in metas:
        plain = name.strip().casefold()
        if plain in ROBOTS_METAS and NO_AI & set(_robots_words(content)):
            yield opted("meta", f"{name}: {content}")
        if plain == "tdm-reservation" and content.strip() == "1":
            yield opted("tdmrep", f"meta {name}: {content}")


def tdmrep_optouts(text: str, url: str) -> Iterator[OptOut]:
    """What a tdmrep.json says against an address: every rule that fits and reserves; the strictest holds."""
    try:
        rules = json.loads(text)
    except (ValueError, RecursionError):
        return
    path = path_of(url)
    for rule in rules if isinstance(rules, list) else [rules]:
        if not isinstance(rule, dict):
            continue
        location, reserved = rule.get("location", "/"), rule.get("tdm-reservation")
        if isinstance(location, str) and str(reserved) == "1" and matches(_rooted(location), path):
            yield opted("tdmrep", json.dumps(rule, ensure_ascii=True))


def ai_txt_optouts(text: str, url: str) -> Iterator[OptOut]:
    """What an ai.txt says against an address: of the lines that fit most closely any disallow holds."""
    if text.lstrip()[:1] in ("", "<", "{"):  # nothing, or a page in place of the file
        return
    path, names = path_of(url), {"*", OURS, *(agent.casefold() for agent in AI_AGENTS)}
    fitting = [
        (len(value), field, value)
        for group, lines in _groups(text)
        if not group or names & {agent.casefold() for agent in group}
        for field, value in lines
        if field in ("allow", "disallow") and value and matches(_rooted(value), path)
    ]
    longest = max((length for length, _, _ in fitting), default=0)
    against = [value for length, field, value in fitting if length == longest and field == "disallow"]
    if against:
        yield opted("ai.txt", f"disallow: {against[0]}")


def is_against(words: str) -> bool:
    """Whether preferences such as `search=yes, ai-train=no` are against training."""
    for part in re.split(r"[,;]", words):
        name, _, value = part.partition("=")
        if name.strip().casefold() in USES and value.strip().strip('"').casefold() in NO:
            return True
    return False


def _robots_words(words: str) -> Iterator[str]:
    """The directives of a robots tag that are for us, everybody or agents for AI; `bot: a, b` is for that bot."""
    agent = ""
    for part in words.casefold().split(","):
        name, colon, rest = part.partition(":")
        if colon and name.strip() != "unavailable_after" and not name.strip().startswith("max-"):
            agent, part = name.strip(), rest  # noqa: PLW2901  # the directive is what follows the name
        if agent in ("", "*") or agent in ROBOTS_METAS:
            yield part.strip()


def _scoped(value: str) -> tuple[str, str]:
    """The path a preference is about, and the preference."""
    first, _, rest = value.strip().partition(" ")
    return (first, rest) if first.startswith("/") and rest else ("/", value)


def _rooted(pattern: str) -> str:
    return pattern if pattern.startswith(("/", "*")) else f"/{pattern}"


def _groups(text: str) -> list[tuple[list[str], list[tuple[str, str]]]]:
    """The groups of a file in the form of robots.txt: the agents each is for, and its lines as (field, value)."""
    groups: list[tuple[list[str], list[tuple[str, str]]]] = [([], [])]
    for line in text.splitlines():
        field, colon, value = "".join(takewhile(lambda letter: letter != "#", line)).partition(":")
        name = field.strip().casefold()
        if not colon:
            continue
        if name == "user-agent":
            if groups[-1][1] or not groups[-1][0]:
                groups.append(([], []))
            groups[-1][0].append(value.strip())
        else:
            groups[-1][1].append((name, value.strip()))
    return groups
