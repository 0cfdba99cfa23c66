"""`rights show` and `rights check` on media from the net: a verdict per form, and what has changed since."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipelines import collection
from pipelines.collect.fetching import Net
from pipelines.collect.recheck import Checked, checked
from pipelines.collect.verdicts import Verdict, show
from pipelines.engine.catalog import Catalog
from schemas.media import Source
from schemas.sections import PublishSettings
from tests.pipelines.collect.test_crawl import BY, NC, asking, crawled, page
from tests.pipelines.collect.test_net import listed, take
from tests.site import Site, sound

__all__ = ["asking"]
NET = Net(("127.0.0.1",))


def verdict(home: Path, name: str, **publish: bool) -> Verdict:
    (one,) = show(home, name, collection.find(home).people, PublishSettings(**publish))  # type: ignore[arg-type]
    return one


def looked(home: Path, net: Net | None = NET) -> Checked:
    return checked(collection.find(home), net)


def test_a_verdict_is_given_for_each_form(asking: Path, tmp_path: Path, site: Site) -> None:
    table = tmp_path / "list.csv"
    urls = {name: site.put(f"/{name}.wav", sound(n)) for n, name in enumerate(("free", "unknown", "nc"))}
    table.write_text(f"url,licence\n{urls['free']},CC-BY-4.0\n{urls['unknown']},\n{urls['nc']},CC-BY-NC-4.0\n", "utf-8")
    take(asking, table, source=Source("unknown"))
    free, unknown, nc = (verdict(asking, url, labels_only=True) for url in urls.values())
    assert (free.against_internal, free.against_labels, free.against_media) == (None, None, None)
    assert (unknown.against_internal, unknown.against_labels) == (None, None)
    assert unknown.against_media == "nobody knows on what basis it may be passed on"
    assert nc.against_media == "CC-BY-NC-4.0 is not among publish.licences"
    assert verdict(asking, urls["unknown"]).against_labels == "publish.labels_only is false"
    assert [(fetch.outcome, fetch.status) for fetch in free.fetches] == [("fetched", 200)]


def test_what_is_taken_for_text_and_data_mining_leaves_as_labels_alone(
    asking: Path, tmp_path: Path, site: Site
) -> None:
    source = Source("tdm")
    settings = collection.find(asking).settings.crawl
    take(asking, listed(tmp_path, site.put("/a.wav", sound(1))), source=source, settings=replace(settings, purpose="x"))
    one = verdict(asking, site.url("/a.wav"), labels_only=True)
    assert (one.against_internal, one.against_labels) == (None, None)
    assert one.against_media == "what is taken for text and data mining may not be passed on"


def test_a_file_from_a_disk_has_no_address_to_be_released_by(taken_in: Path) -> None:
    assert (
        verdict(taken_in, "tone-0.wav", labels_only=True).against_labels
        == "no web address is known where it can be had"
    )


def test_a_site_that_opts_out_later_takes_its_media_out_of_everything(asking: Path, tmp_path: Path, site: Site) -> None:
    site.put("/robots.txt", "User-agent: *\nAllow: /")
    urls = [site.put("/a.wav", sound(1), ETag='"v1"'), site.put("/b.wav", sound(2)), site.put("/c.wav", sound(3))]
    take(asking, listed(tmp_path, *urls))
    assert looked(asking).opted_out == []
    site.put("/robots.txt", "User-agent: GPTBot\nDisallow: /a.wav")
    site.put("/b.wav", sound(2), X_Robots_Tag="noai")
    del site.bodies["/c.wav"]
    done = looked(asking)
    assert [file.url for file in done.opted_out] == urls[:2]
    assert done.looked
    assert done.looked.ends == {"refused": 3}
    rows = Catalog(asking).rows("SELECT lapsed, may_annotate, may_publish FROM rights ORDER BY ALL")
    assert rows == [("opted out", False, False), ("opted out", False, False), (None, True, True)]
    assert verdict(asking, urls[0]).against_internal == "its site has opted out since"
    assert Catalog(asking).rows("SELECT count(*) FROM fetches") == [(9,)]
    site.put("/robots.txt", "User-agent: *\nAllow: /")
    site.put("/b.wav", sound(2))
    assert looked(asking).opted_out == []


@pytest.mark.parametrize(("key", "most"), [("per_host = 4", 4), ("per_host = 2", 2), ("at_once = 1\nper_host = 4", 1)])
def test_no_more_is_asked_at_once_than_settings_allow_of_a_host_and_of_all(
    asking: Path, tmp_path: Path, site: Site, key: str, most: int
) -> None:
    take(asking, listed(tmp_path, *(site.takes(f"/{n}.wav", sound(n)) for n in range(12))))
    settings = asking / "emocurate.toml"
    kept = [line for line in settings.read_text("utf-8").splitlines() if not line.startswith(("per_host", "at_once"))]
    settings.write_text("\n".join(kept).replace("[crawl]", f"[crawl]\n{key}"), "utf-8")
    site.together = 0
    looked(asking)
    assert site.together == most


def test_nothing_is_asked_online_unless_somebody_says_so(asking: Path, tmp_path: Path, site: Site) -> None:
    take(asking, listed(tmp_path, site.put("/a.wav", sound(1))))
    before = site.asked.total()
    assert looked(asking, None).looked is None
    assert site.asked.total() == before


def test_a_page_that_states_another_licence_makes_a_conflict_and_one_that_falls_silent_is_told(
    asking: Path, site: Site
) -> None:
    def state(name: str, licence: str | None) -> str:
        link = f'<a rel="license" href="{licence}">x</a>' if licence else ""
        return site.put(f"/{name}.html", page(link, f'<audio src="/{name}.wav"></audio>'), "text/html")

    for number, name in enumerate(("other", "silent", "same")):
        site.put(f"/{name}.wav", sound(number))
    crawled(asking, *(state(name, BY) for name in ("other", "silent", "same")))
    state("other", NC)
    state("silent", None)
    done = looked(asking)
    assert done.looked
    assert done.looked.other_licences == [site.url("/other.wav")]
    assert done.looked.no_longer == [site.url("/silent.wav")]
    query = "SELECT n.name, r.conflict FROM rights r JOIN (SELECT DISTINCT asset, name FROM statements) n USING (asset) ORDER BY 1"
    assert Catalog(asking).rows(query) == [
        (site.url("/other.wav"), True),
        (site.url("/same.wav"), False),
        (site.url("/silent.wav"), False),
    ]
    again = looked(asking)
    assert Catalog(asking).rows("SELECT count(*) FROM rights WHERE conflict") == [(1,)]
    assert again.looked
