"""Verbs that work in several ways: which flags one of these would not use, and so refuses."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipelines.commands.options import unused
from schemas.errors import BadUsage

if TYPE_CHECKING:
    from pipelines.collect.fetching import Net


def check_run(typed: Mapping[str, Any]) -> None:
    """Refuse an address without a cluster, and a number of processes where there is this one alone."""
    if typed["on"] != "ray":
        unused("names a cluster; say --on ray, too", address=typed["address"])
    if typed["on"] == "inline":
        unused("says how many processes work; --on inline is this one alone", workers=typed["workers"])


def check_publish(repo: str, confirm: str | None, *, purge: bool) -> None:
    """Refuse what cannot be the name of a dataset, and a purge that was not confirmed; a dry run does so, too."""
    from pipelines.release.hub import check_name
    from pipelines.release.purge import check_confirmed

    check_name(repo)
    if purge:
        check_confirmed(repo, confirm)
    else:
        unused("is asked for by --purge; say that, too", confirm=confirm)


def net_to_ask(allow_host: list[str] | None, rate: float | None, *, online: bool) -> "Net | None":
    """The net over which sites are asked again, None where none is; refuses flags about it then."""
    from pipelines.collect.net import net_from

    if online:
        return net_from(allow_host, rate)
    unused("says how sites are asked, which --online does; say that, too", allow_host=allow_host, rate=rate)
    return None


def check_score(typed: Mapping[str, Any]) -> None:
    """Refuse what belongs to another kind of test: tables of predictions, EQ-Bench, or a test with its own key."""
    if not typed["eqbench"]:
        of_eqbench = {name: typed[name] for name in ("questions", "no_revision")}
        unused("is of EQ-Bench; say --eqbench v2 (or v1), too", **of_eqbench)
        if not typed["test"]:
            return
    elif not typed["questions"]:
        raise BadUsage("--eqbench needs the questions: --questions FILE.json")
    unused("and --eqbench are different tests; give one of them", test=typed["eqbench"] and typed["test"])
    of_tables = {"benchmark": typed["benchmark"], "from": typed["units"]}
    brings = "--eqbench" if typed["eqbench"] else "--test"
    unused(f"is for predictions; {brings} scores otherwise", **of_tables, calibrate=typed["calibrate"])
    unused(f"is for predictions; {brings} shows every figure anyway", all=typed["everything"])
