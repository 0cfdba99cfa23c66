"""What `crawl` says."""

import pytest

from pipelines.collect.add import Added
from pipelines.collect.crawl import Crawled
from pipelines.show.crawl import NOTES, crawled

DONE = Crawled(
    {"kept": 20, "dropped": 12},
    3,
    {"https://cdn.example.org": 3},
    {"CC-BY-4.0,CC-BY-NC-4.0": 1, "not known": 2},
    tuple(f"https://example.org/{number}: HTTP 404" for number in range(12)),
    ("https://cdn.example.org/a.mp3",),
)


def test_a_dry_run_shows_what_pages_offer_and_that_nothing_was_fetched(capsys: pytest.CaptureFixture[str]) -> None:
    crawled(DONE)
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [
        "32 pages: 12 dropped, 20 kept",
        *(f"  https://example.org/{number}: HTTP 404" for number in range(NOTES)),
        "  and 2 more; all of them: --json",
        "addresses of media: 3",
        "  3 on https://cdn.example.org",
        "  1 with the licence CC-BY-4.0 and CC-BY-NC-4.0",
        "  2 with the licence not known",
        "  such as https://cdn.example.org/a.mp3",
    ]
    assert "without --dry-run it will be" in printed.err


def test_a_crawl_shows_what_became_of_the_media(capsys: pytest.CaptureFixture[str]) -> None:
    crawled(Crawled({"kept": 1}, 1, {}, {}, added=Added(files=1, kept=1, new=1)))
    assert "1 file: 1 taken in (1 new), 0 dropped, 0 failed" in capsys.readouterr().out
