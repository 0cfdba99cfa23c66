"""What `status` says: the funnel from files to released clips, and the files of which nothing goes on."""

from collections.abc import Sequence

from pipelines.show.terminal import print_reasons, print_table, printable
from pipelines.status import Files, LostFile, Status

STEPS = ("found", "good", "asked", "answered", "skipped", "released")


def counted(status: Status) -> None:
    """The funnel."""
    _count_files(status.files)
    rows = [[f"{media}s", *(getattr(clips, step) for step in STEPS)] for media, clips in status.clips.items()]
    print_table("Clips", ["", *STEPS], rows)
    for media, clips in status.clips.items():
        print_reasons(f"{media} below a threshold", clips.below)
        if clips.stay:
            print(f"  {clips.stay:,} {media}s miss a threshold of today and stay, because they were asked about")
    print(f"{status.answers:,} answers by {status.raters:,} raters; releases: {', '.join(status.releases) or 'none'}")
    print_reasons("answers left out, outside their scheme", status.refused)
    print_reasons("failed rows", status.failures)


def listed(files: Sequence[LostFile]) -> None:
    """The files of which nothing goes on, one a line, each with the reason."""
    for file in files:
        print(f"{file.state}  {printable(file.name or '-')}  {printable(file.reason or '-')}")
    if not files:
        print("every file was kept, and something good was found in each")


def _count_files(files: Files) -> None:
    dropped, failed = sum(files.dropped.values()), sum(files.failed.values())
    rows = [("files", files.total), ("  kept", files.kept), ("  dropped", dropped), ("  failed", failed)]
    rows += [("  waiting for run", files.waiting), ("duplicates among the kept", files.duplicates)]
    rows += [("nothing found in the kept", sum(files.nothing_found.values()))]
    print_table("Files", ["", ""], rows)
    print_reasons("dropped", files.dropped)
    print_reasons("failed", files.failed)
    print_reasons("nothing found", files.nothing_found)
    if files.conflicts:
        print(f"  {files.conflicts:,} files have sources that contradict each other and are withheld from releases")
    if files.beyond:
        print(
            f"  {files.beyond:,} segments of transcripts begin after the end of their file: is it another recording's?"
        )
    if files.unasked:
        print(f"  {files.unasked:,} files have a consent without annotation: nobody is asked about them")
    if files.copies:
        print(f"  {files.copies:,} files are taken for copies of what was forgotten: emocurate rights check names them")
    if files.expired:
        print(
            f"  {files.expired:,} files of a crawl have expired, as nobody was asked about them in crawl.keep_days: "
            "push asks about them, emocurate rights check removes them"
        )
