"""What sites say against it is understood, quoted, and never a reason to break."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.rights.optouts import (
    AI_AGENTS,
    LONGEST,
    OptOut,
    Robots,
    ai_txt_optouts,
    header_optouts,
    is_against,
    meta_optouts,
    robots_text,
    tdmrep_optouts,
)
from curate.rights.patterns import matches
from schemas.web import OPT_OUT_KINDS

URL = "https://example.org/media/a.wav?x=1"
LINES = st.lists(
    st.one_of(
        st.text(max_size=40),
        st.tuples(
            st.sampled_from(["User-agent", "Disallow", "Allow", "Crawl-delay", "Content-Signal", "Content-Usage", "#"]),
            st.sampled_from(["*", "/", "emocurate", "GPTBot", "/media/*.wav$", "ai-train=no", "1", "/a b=n", "-1"]),
        ).map(": ".join),
    ),
    max_size=12,
).map("\n".join)


def kinds(text: str, url: str = URL) -> list[str]:
    return [optout.kind for optout in Robots(text).optouts(url)]


def test_a_disallow_for_everybody_is_an_opt_out_and_is_quoted() -> None:
    (optout,) = Robots("User-agent: *\nDisallow: /media/").optouts(URL)
    assert optout == OptOut("robots.txt", "disallows * /media/a.wav?x=1")
    assert optout.reason == "opted out in robots.txt: disallows * /media/a.wav?x=1"


@pytest.mark.parametrize("agent", AI_AGENTS)
def test_a_disallow_for_an_agent_that_gathers_for_ai_is_an_opt_out(agent: str) -> None:
    assert kinds(f"User-agent: {agent}\nDisallow: /") == ["ai-agents"]


def test_other_agents_are_none_of_our_business() -> None:
    assert kinds("User-agent: Googlebot\nDisallow: /") == []


def test_a_group_for_us_by_name_holds_alone() -> None:
    assert (
        kinds("User-agent: *\nDisallow: /\n\nUser-agent: GPTBot\nDisallow: /\n\nUser-agent: emocurate\nAllow: /") == []
    )
    assert kinds("User-agent: *\nAllow: /\n\nUser-agent: emocurate\nDisallow: /media") == ["robots.txt"]


def test_wildcards_and_ends_are_understood() -> None:
    assert kinds("User-agent: *\nDisallow: /*.wav$", "https://example.org/a.wav") == ["robots.txt"]
    assert kinds("User-agent: *\nDisallow: /*.wav$", "https://example.org/a.wav2") == []


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Content-Signal: search=yes, ai-train=no", "content-signal"),
        ("Content-Usage: train-ai=n", "content-usage"),
        ("Content-Usage: /media/ train-ai=n", "content-usage"),
    ],
)
def test_preferences_about_ai_in_a_robots_txt_are_opt_outs(line: str, kind: str) -> None:
    assert kinds(f"User-agent: *\nAllow: /\n{line}") == [kind]


def test_a_preference_about_another_path_or_that_allows_is_none() -> None:
    assert kinds("User-agent: *\nContent-Usage: /docs/ train-ai=n\nContent-Signal: ai-train=yes") == []
    assert kinds("User-agent: *\nContent-Usage: train-ai=n\nContent-Usage: /media/ train-ai=y") == []


def test_a_delay_between_requests_and_sitemaps_are_read() -> None:
    robots = Robots("Sitemap: https://example.org/map.xml\nUser-agent: *\nCrawl-delay: 2.5")
    assert (robots.crawl_delay_s(), robots.sitemaps()) == (2.5, ["https://example.org/map.xml"])
    assert Robots("").crawl_delay_s() == 0


def test_a_robots_txt_of_five_megabytes_is_cut_at_a_whole_line() -> None:
    body = b"User-agent: *\nDisallow: /media/\n" + b"Disallow: /abcdefgh\n" * 300_000
    text = robots_text(body)
    assert 500_000 < len(text) <= 500 << 10
    assert text.endswith("Disallow: /abcdefgh\n")
    assert kinds(text) == ["robots.txt"]


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"x-robots-tag": "noai"}, "x-robots-tag"),
        ({"x-robots-tag": "noindex, NoImageAI"}, "x-robots-tag"),
        ({"x-robots-tag": "gptbot: noml"}, "x-robots-tag"),
        ({"tdm-reservation": "1", "tdm-policy": "https://example.org/p"}, "tdmrep"),
        ({"content-usage": "train-ai=n"}, "content-usage"),
        ({"content-signal": "ai-train=no"}, "content-signal"),
    ],
)
def test_headers_opt_out(headers: dict[str, str], kind: str) -> None:
    assert [optout.kind for optout in header_optouts(headers)] == [kind]


@pytest.mark.parametrize(
    "headers",
    [
        {"x-robots-tag": "noindex"},
        {"x-robots-tag": "otherbot: noai"},
        {"tdm-reservation": "0"},
        {"content-signal": "ai-train=yes, search=no"},
    ],
)
def test_headers_that_say_something_else_do_not(headers: dict[str, str]) -> None:
    assert list(header_optouts(headers)) == []


def test_meta_tags_opt_out() -> None:
    metas = [("robots", "noindex, noai"), ("TDM-Reservation", "1"), ("description", "noai"), ("otherbot", "noai")]
    assert [optout.kind for optout in meta_optouts(metas)] == ["meta", "tdmrep"]


def test_a_tdmrep_file_reserves_what_its_locations_fit() -> None:
    rules = [{"location": "/media/*.wav", "tdm-reservation": 1}, {"location": "/other/", "tdm-reservation": 1}]
    assert [optout.verbatim for optout in tdmrep_optouts(json.dumps(rules), URL)] == [json.dumps(rules[0])]
    assert list(tdmrep_optouts('[{"location": "/media/", "tdm-reservation": 0}]', URL)) == []


@pytest.mark.parametrize("pattern", ["*.wav", "/", "/media/", "media/"])
def test_an_ai_txt_disallows_kinds_of_media_and_paths(pattern: str) -> None:
    (optout,) = ai_txt_optouts(f"User-Agent: *\nDisallow: {pattern}\nAllow: *.txt", URL)
    assert optout == OptOut("ai.txt", f"disallow: {pattern}")


def test_an_ai_txt_that_is_a_page_or_allows_says_nothing() -> None:
    assert list(ai_txt_optouts("<html>Disallow: /</html>", URL)) == []
    assert list(ai_txt_optouts("User-Agent: *\nDisallow: /\nAllow: /media/", URL)) == []


@given(LINES)
def test_any_robots_txt_is_read_and_what_disallows_everybody_everything_always_holds(text: str) -> None:
    assert set(kinds(text)) <= set(OPT_OUT_KINDS)
    assert Robots(text).crawl_delay_s() >= 0
    if not Robots(text).names_us:
        assert kinds(f"{text}\n\nUser-agent: *\nDisallow: /\n\nUser-agent: emocurate\nDisallow: /")[0] == "robots.txt"


@given(st.one_of(LINES, st.text()))
def test_any_ai_txt_is_read(text: str) -> None:
    assert all(optout.kind == "ai.txt" and len(optout.verbatim) <= LONGEST for optout in ai_txt_optouts(text, URL))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["location", "tdm-reservation", "tdm-policy"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.one_of(JSON.map(json.dumps), st.text()))
def test_any_tdmrep_file_is_read(text: str) -> None:
    assert all(optout.kind == "tdmrep" for optout in tdmrep_optouts(text, URL))


@given(st.dictionaries(st.sampled_from(["x-robots-tag", "tdm-reservation", "content-usage"]), st.text()), st.text())
def test_any_header_is_read(headers: dict[str, str], words: str) -> None:
    list(header_optouts(headers))
    list(meta_optouts([(words, words), ("robots", words)]))
    is_against(words)


def test_a_pattern_takes_no_longer_than_its_length() -> None:
    start = time.process_time()
    assert not matches("/" + "*a" * 5000 + "b$", "/" + "a" * 8000)
    assert time.process_time() - start < 60  # a backtracking search would not end


@given(st.text("ab*/", max_size=8), st.text("ab/", max_size=8), st.booleans())
def test_patterns_fit_as_their_regular_expression_does(pattern: str, path: str, ends: bool) -> None:
    import re

    expression = ".*".join(map(re.escape, pattern.split("*"))) + ("$" if ends else "")
    assert matches(pattern + ("$" if ends else ""), path) == bool(re.match(expression, path))
