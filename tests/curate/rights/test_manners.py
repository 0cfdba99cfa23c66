"""What a site says about itself holds for all that is fetched from it, and is kept as evidence."""

import asyncio
import time
from collections.abc import Collection
from datetime import datetime

import pytest
from yarl import URL

from curate.rights.addresses import Door
from curate.rights.fetch import Bounds, Fetched, Fetcher, Request
from curate.rights.manners import Manners, Site
from curate.rights.optouts import OptOut
from schemas.web import OPT_OUT_KINDS, SiteNotice
from tests.site import AGENT
from tests.site import Site as Loopback

BOUNDS = Bounds(seconds=3, back_off_s=0.01)
Evidence = tuple[list[SiteNotice], list[OptOut]]


def fetched(
    urls: list[str], counted: Collection[str] = OPT_OUT_KINDS, known: dict[str, Site] | None = None, gap_s: float = 0
) -> list[tuple[Fetched, Evidence]]:
    """Fetch addresses politely and at once."""
    sites = {} if known is None else known

    async def fetching() -> list[tuple[Fetched, Evidence]]:
        async with Fetcher(AGENT, Door(("127.0.0.1", "localhost")), BOUNDS) as fetcher:
            manners = Manners(fetcher, counted, gap_s, sites.get, sites.__setitem__)
            answers = await asyncio.gather(*(fetcher.fetch(Request(url), manners) for url in urls))
            return [(answer, await manners.evidence(answer)) for answer in answers]

    return asyncio.run(fetching())


def test_the_files_of_a_site_are_read_once_however_much_is_fetched_at_once(site: Loopback) -> None:
    site.put("/robots.txt", "User-agent: *\nDisallow: /private/")
    urls = [site.put(f"/{number}", b"x") for number in range(20)]
    assert {answer.outcome for answer, _ in fetched(urls)} == {"fetched"}
    assert [site.asked[path] for path in ("/robots.txt", "/.well-known/tdmrep.json", "/ai.txt")] == [1, 1, 1]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/robots.txt", "User-agent: *\nDisallow: /media/"),
        ("/robots.txt", "User-agent: GPTBot\nDisallow: /"),
        ("/robots.txt", "User-agent: *\nContent-Signal: ai-train=no"),
        ("/.well-known/tdmrep.json", '[{"location": "/media/*", "tdm-reservation": 1}]'),
        ("/ai.txt", "User-Agent: *\nDisallow: *.wav"),
    ],
)
def test_what_a_site_keeps_out_of_reach_is_not_asked_for(site: Loopback, path: str, text: str) -> None:
    site.put(path, text)
    ((answer, (notices, optouts)),) = fetched([site.put("/media/a.wav", b"x")])
    assert answer.outcome == "refused"
    assert str(answer.reason).startswith("opted out in ")
    assert not site.asked["/media/a.wav"]
    assert answer.reason in [optout.reason for optout in optouts]
    assert text in [notice.text for notice in notices]


def test_a_redirect_does_not_lead_past_a_robots_txt(site: Loopback) -> None:
    site.put("/robots.txt", "User-agent: *\nDisallow: /media/")
    site.put("/media/a.wav", b"x")
    ((answer, (notices, _)),) = fetched([site.move("/open", "/media/a.wav")])
    assert answer.outcome == "refused"
    assert not site.asked["/media/a.wav"]
    assert [notice.name for notice in notices] == ["robots.txt", "tdmrep.json", "ai.txt"]


def test_a_header_that_says_no_ends_the_fetch_before_the_body(site: Loopback) -> None:
    ((answer, (_, optouts)),) = fetched([site.put("/a.wav", b"x", X_Robots_Tag="noai")])
    assert (answer.outcome, answer.reason) == ("refused", "opted out in x-robots-tag: noai")
    assert optouts == [OptOut("x-robots-tag", "noai")]


def test_kinds_that_do_not_count_are_noted_all_the_same(site: Loopback) -> None:
    site.put("/robots.txt", "User-agent: GPTBot\nDisallow: /")
    ((answer, (notices, optouts)),) = fetched([site.put("/a.wav", b"x")], counted=("robots.txt",))
    assert answer.outcome == "fetched"
    assert optouts == [OptOut("ai-agents", "disallows GPTBot")]
    assert notices[0].text == "User-agent: GPTBot\nDisallow: /"


def test_a_robots_txt_that_cannot_be_had_keeps_everything_out_for_now(site: Loopback) -> None:
    site.fails("/robots.txt", 503, 99, b"")
    ((answer, _),) = fetched([site.put("/a.wav", b"x")])
    assert (answer.outcome, answer.reason) == ("failed", "its robots.txt cannot be read: HTTP 503")
    assert not site.asked["/a.wav"]


def test_a_robots_txt_that_redirects_is_followed(site: Loopback) -> None:
    site.put("/elsewhere.txt", "User-agent: *\nDisallow: /")
    site.move("/robots.txt", "/elsewhere.txt")
    ((answer, _),) = fetched([site.put("/a.wav", b"x")])
    assert answer.outcome == "refused"


def test_what_is_known_of_a_site_is_not_fetched_again(site: Loopback) -> None:
    known: dict[str, Site] = {}
    site.put("/robots.txt", "User-agent: *\nDisallow: /media/")
    fetched([site.put("/a", b"x")], known=known)
    again = {origin: Site.from_json(one.to_json()) for origin, one in known.items()}
    assert again == known
    ((answer, _),) = fetched([site.put("/media/a", b"x")], known=again)
    assert answer.outcome == "refused"
    assert site.asked["/robots.txt"] == 1


def test_requests_to_one_site_keep_the_distance_it_wants(site: Loopback) -> None:
    site.put("/robots.txt", "User-agent: *\nCrawl-delay: 0.2")
    urls = [site.put(f"/{number}", b"x") for number in range(4)]
    answers = fetched(urls)
    times = sorted(answer.fetched_at for answer, _ in answers)
    assert float(times[-1][17:-1]) - float(times[0][17:-1]) % 60 > 0.5 or times[-1][:17] != times[0][:17]


def test_a_site_that_wants_an_hour_between_requests_is_left_in_peace(site: Loopback) -> None:
    site.put("/robots.txt", "User-agent: *\nCrawl-delay: 3600")
    ((answer, _),) = fetched([site.put("/a", b"x")])
    assert answer.outcome == "refused"
    assert "3,600 s" in str(answer.reason)


def test_a_robots_txt_of_five_megabytes_holds_as_far_as_it_is_read_and_the_rest_is_noted(site: Loopback) -> None:
    site.put("/robots.txt", "User-agent: *\nDisallow: /private/\n" + "# words\n" * 700_000)
    asked = [site.put("/private/a.wav", b"x"), site.put("/b.wav", b"x")]
    (first, (notices, _)), (second, _) = fetched(asked)
    assert (first.outcome, second.outcome) == ("refused", "fetched")
    assert not site.asked["/private/a.wav"]
    assert notices[0].rules == "optouts@1, of its first 512,000 bytes"


def test_a_tdmrep_file_that_is_too_long_to_be_read_keeps_everything_out(site: Loopback) -> None:
    site.put("/.well-known/tdmrep.json", '[{"location": "/", "tdm-reservation": 1}' + " " * 600_000 + "]")
    ((answer, _),) = fetched([site.put("/a.wav", b"x")])
    assert answer.outcome == "failed"
    assert "what it reserves is not read" in str(answer.reason)
    assert not site.asked["/a.wav"]


@pytest.mark.parametrize(
    ("text", "counted"),
    [("<html>" + " " * 600_000, OPT_OUT_KINDS), ('[{"location": "/"}' + " " * 600_000 + "]", ("robots.txt",))],
)
def test_a_page_in_the_place_of_tdmrep_or_one_that_does_not_count_keeps_nothing_out(
    site: Loopback, text: str, counted: Collection[str]
) -> None:
    site.put("/.well-known/tdmrep.json", text)
    ((answer, _),) = fetched([site.put("/a.wav", b"x")], counted)
    assert answer.outcome == "fetched"


def resting(site: Loopback, *paths: str, until: dict[str, float]) -> list[Fetched]:
    """Fetch one path after the other, with what hosts said of when they may be asked again."""

    async def fetching() -> list[Fetched]:
        async with Fetcher(AGENT, Door(("127.0.0.1",)), BOUNDS) as fetcher:
            known = {"rests_until": lambda origin: until.get(origin, 0.0), "rest": until.__setitem__}
            manners = Manners(fetcher, **known)  # type: ignore[arg-type]
            return [await fetcher.fetch(Request(site.url(path)), manners) for path in paths]

    return asyncio.run(fetching())


def test_a_host_that_names_a_time_is_asked_for_nothing_more_until_then(site: Loopback) -> None:
    until: dict[str, float] = {}
    site.fails("/busy", 429, 9, b"", Retry_After="3600")
    first, second = resting(site, "/busy", site.put("/b", b"x").removeprefix(site.url("")), until=until)
    assert (first.outcome, first.reason) == ("failed", "HTTP 429")
    assert (second.outcome, second.status, site.asked["/b"]) == ("failed", None, 0)
    assert str(second.reason).startswith("its host wants to be left alone until ")
    assert 3500 < until[site.url("")] - time.time() <= 3600


def waiting(site: Loopback, *paths: str, gap_s: float, until: dict[str, float]) -> list[Fetched]:
    """Fetch several paths of a site at once, each in its turn, where its robots.txt is known."""

    async def fetching() -> list[Fetched]:
        async with Fetcher(AGENT, Door(("127.0.0.1",)), BOUNDS) as fetcher:
            manners = Manners(fetcher, gap_s=gap_s, rests_until=lambda origin: until.get(origin, 0.0))
            manners.rest = until.__setitem__
            await manners.site(URL(site.url("/")))
            return await asyncio.gather(*(fetcher.fetch(Request(site.url(path)), manners) for path in paths))

    return asyncio.run(fetching())


def test_what_waits_for_its_turn_is_not_asked_for_when_the_host_names_a_time_meanwhile(site: Loopback) -> None:
    site.put("/b", b"x")
    site.fails("/busy", 429, 9, b"", Retry_After="3600")
    first, second = waiting(site, "/busy", "/b", gap_s=1, until={})
    assert (first.reason, second.outcome, site.asked["/b"]) == ("HTTP 429", "failed", 0)
    assert str(second.reason).startswith("its host wants to be left alone until ")


def test_what_has_waited_for_a_rest_to_end_keeps_its_distance_again(site: Loopback) -> None:
    for path in ("/b", "/c"):
        site.put(path, b"x")
    site.fails("/busy", 503, 1, b"now", Retry_After="1")
    answers = waiting(site, "/busy", "/b", "/c", gap_s=0.4, until={})
    assert {answer.outcome for answer in answers} == {"fetched"}
    times = sorted(datetime.fromisoformat(answer.fetched_at) for answer in answers)
    assert (times[-1] - times[0]).total_seconds() > 0.4, "two gaps lie between three requests"


def test_a_host_is_left_alone_for_a_day_at_most_and_waited_for_where_that_is_short(site: Loopback) -> None:
    until: dict[str, float] = {}
    site.fails("/busy", 503, 1, b"now", Retry_After="999999999")
    resting(site, "/busy", until=until)
    assert until[site.url("")] - time.time() <= 24 * 60 * 60
    until[site.url("")] = time.time() + 0.2
    assert [one.body for one in resting(site, "/busy", until=until)] == [b"now"]


def test_a_site_that_is_too_busy_for_its_robots_txt_is_left_alone(site: Loopback) -> None:
    until: dict[str, float] = {}
    site.fails("/robots.txt", 429, 9, b"", Retry_After="3600")
    site.put("/a", b"x")
    first, second = resting(site, "/a", "/a", until=until)
    assert (first.outcome, first.reason) == ("failed", "its robots.txt cannot be read: HTTP 429")
    assert str(second.reason).startswith("its host wants to be left alone until ")
    assert (site.asked["/a"], site.asked["/robots.txt"]) == (0, 1)
