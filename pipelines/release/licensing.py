"""What a card and LICENSE.md say of licences: a release is a collection, in which every clip keeps its own."""

from collections.abc import Sequence

from pipelines.release.markdown import code, linked, plain, table
from pipelines.release.tally import ReleasedSource, Tally
from schemas.labels_only import NAME as LABELS_ONLY
from schemas.licences import facts_of
from schemas.media import Basis
from schemas.release import Release

_MOST_ORIGINS = 50  # a card stays readable; the notice has them all
_BASES: dict[Basis, str] = {
    "consent": "with the consent of the people in it",
    "licence": "by licence",
    "public-domain": "public domain",
    "synthetic": "synthetic",
    "tdm": "text and data mining",
    "unknown": "not known",
}


def licence_notice(release: Release, tally: Tally) -> str:
    """The LICENSE.md of a release: every source with its licence and whom it asks to name."""
    return (
        f"# Licences of {plain(release.title)}\n\nEvery clip keeps the licence of the recording it was cut from; "
        f"it stands in the column `licence` beside `source`. {_own(release)}\n\n{_licence_table(tally)}\n\n"
        f"{_facts(tally)}{_origin_table(_ordered(tally))}\n"
    )


def licences(release: Release, tally: Tally) -> str:
    """The section on licences: which clips are in under which, in which form, and what stays out."""
    ordered = _ordered(tally)
    shown = ordered[:_MOST_ORIGINS]
    more = len(ordered) - len(shown)
    rest = f"\n\nand {more:,} more sources: all of them are in [LICENSE.md](LICENSE.md)." if more else ""
    return (
        "## Licences and sources\n\nA release is a collection: every clip keeps the licence of the recording it was "
        "cut from; there is no other licence over them all, and `license` in the head of this card is theirs. "
        f"{_own(release)}\n\n{_licence_table(tally)}\n\n"
        f"{_forms(release, tally)}{_facts(tally)}{_origin_table(shown)}{rest}"
    )


def _licence_table(tally: Tally) -> str:
    def order(pair: tuple[tuple[str | None, Basis], int]) -> tuple[int, str, str]:
        (licence, basis), count = pair
        return (-count, licence or "", basis)

    rows = [
        [plain(licence or "none"), _BASES[basis], form, f"{count:,}"]
        for form, of in (("media and labels", tally.licences), ("labels only", tally.bare))
        for (licence, basis), count in sorted(of.items(), key=order)
    ]
    return table(["licence", "basis", "form", "clips"], rows)


def _own(release: Release) -> str:
    """Under which licence the labels are, which are ours to give."""
    if not release.licence:
        return "Of the labels and what was measured nobody has stated a licence."
    return (
        f"The labels that raters gave for this release and what was measured are under {plain(release.licence)}; it "
        "covers nothing of the clips, nor labels that came with a corpus."
    )


def _forms(release: Release, tally: Tally) -> str:
    """What is in it without its media, and what is not in it because of its terms."""
    lines = []
    if release.bare and (count := tally.bare.total()):
        lines.append(
            f"The media of {count:,} clips may not be passed on: `{LABELS_ONLY}` has their labels, with the address "
            "and the hash of the file, times and box, what their terms rest on, and why. `emocurate rebuild FOLDER` "
            "fetches the files and cuts them again, where you may do that."
        )
    if release.refused:
        lines.append("Not in it, because of their terms:")
        lines.append("\n".join(f"- {count:,} clips: {plain(why)}" for why, count in sorted(release.refused.items())))
    return "".join(f"{line}\n\n" for line in lines)


def _facts(tally: Tally) -> str:
    """What the licences that are in it mean for a collection, and where that was read."""
    names = [licence for licence, _ in (*tally.licences, *tally.bare) if licence]
    rows = [[fact.means, plain(fact.source), fact.stated_on] for fact in facts_of(names)]
    return table(["what holds, and is no legal advice", "where it stands", "of"], rows) + "\n\n" if rows else ""


def _origin_table(origins: Sequence[tuple[ReleasedSource, int]]) -> str:
    head = ["source", "licence", "basis", "attribution", "fetched", "clips"]
    rows = []
    for origin, count in origins:
        named = "; ".join(plain(one) for one in (origin.attribution, origin.model) if one)
        where = linked(origin.address) if origin.address else f"`{code(origin.source)}`"
        rows.append(
            [where, plain(origin.licence or "none"), _BASES[origin.basis], named, origin.fetched_on or "", f"{count:,}"]
        )
    return table(head, rows)


def _ordered(tally: Tally) -> list[tuple[ReleasedSource, int]]:
    return sorted(tally.origins.items(), key=lambda pair: (-pair[1], *(str(one) for one in vars(pair[0]).values())))
