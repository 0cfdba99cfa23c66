"""What a card and LICENSE.md say of licences: a release is a collection, in which every clip keeps its own."""

from collections.abc import Sequence

from pipelines.release.markdown import code, linked, plain, table
from pipelines.release.tally import ReleasedSource, Tally
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
        f"it stands in the column `licence` beside `source`.\n\n{_licence_table(tally)}\n\n"
        f"{_origin_table(_ordered(tally))}\n"
    )


def licences(tally: Tally) -> str:
    """The section on licences: which clips are in under which, in which form, and what stays out."""
    ordered = _ordered(tally)
    shown = ordered[:_MOST_ORIGINS]
    more = len(ordered) - len(shown)
    rest = f"\n\nand {more:,} more sources: all of them are in [LICENSE.md](LICENSE.md)." if more else ""
    return (
        "## Licences and sources\n\nEvery clip keeps the licence of the recording it was cut from; there is no other "
        f"licence over them all.\n\n{_licence_table(tally)}\n\n{_origin_table(shown)}{rest}"
    )


def _licence_table(tally: Tally) -> str:
    def order(pair: tuple[tuple[str | None, Basis], int]) -> tuple[int, str, str]:
        (licence, basis), count = pair
        return (-count, licence or "", basis)

    rows = [
        [plain(licence or "none"), _BASES[basis], f"{count:,}"]
        for (licence, basis), count in sorted(tally.licences.items(), key=order)
    ]
    return table(["licence", "basis", "clips"], rows)


def _origin_table(origins: Sequence[tuple[ReleasedSource, int]]) -> str:
    head = ["source", "licence", "basis", "attribution", "clips"]
    rows = []
    for origin, count in origins:
        named = "; ".join(plain(one) for one in (origin.attribution, origin.model) if one)
        where = linked(origin.address) if origin.address else f"`{code(origin.source)}`"
        rows.append([where, plain(origin.licence or "none"), _BASES[origin.basis], named, f"{count:,}"])
    return table(head, rows)


def _ordered(tally: Tally) -> list[tuple[ReleasedSource, int]]:
    return sorted(tally.origins.items(), key=lambda pair: (-pair[1], *(str(one) for one in vars(pair[0]).values())))
