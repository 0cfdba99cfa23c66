"""What `crawl` says when it is done."""

from pipelines.collect.crawl import Crawled
from pipelines.show.media import added
from pipelines.show.terminal import amount, printable, say

NOTES, HOSTS = 10, 10


def crawled(done: Crawled) -> None:
    """Pages that were seen, what they offer, and what became of it."""
    ends = ", ".join(f"{count:,} {state}" for state, count in sorted(done.pages.items()))
    print(f"{amount(sum(done.pages.values()), 'page')}: {ends}")
    for note in done.notes[:NOTES]:
        print(f"  {printable(note)}")
    if len(done.notes) > NOTES:
        print(f"  and {len(done.notes) - NOTES:,} more; all of them: --json")
    print(f"addresses of media: {done.media:,}")
    for host, count in list(done.hosts.items())[:HOSTS]:
        print(f"  {count:,} on {printable(host)}")
    for licence, count in done.licences.items():
        print(f"  {count:,} with the licence {printable(licence.replace(',', ' and '))}")
    if done.added is not None:
        added(done.added, "who knows better types: emocurate rights resolve FILE …")
        return
    for url in done.first:
        print(f"  such as {printable(url)}")
    say("nothing of these was fetched; without --dry-run it will be")
