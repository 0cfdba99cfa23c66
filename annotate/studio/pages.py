"""How the page of a project differs from the one that was made for it."""

from collections.abc import Iterator
from xml.etree import ElementTree

from annotate.studio.controls import FLAG

Controls = dict[str, list[str]]  # name of a control to the values it offers


def changes(ours: str, theirs: str) -> Iterator[str]:
    """What another labelling configuration asks otherwise than ours, control by control; spaces count for nothing."""
    try:
        live = ElementTree.canonicalize(theirs, strip_text=True)
        asked, live_asked = _controls(ours), _controls(theirs)
    except ElementTree.ParseError as error:
        yield f"it is not XML ({error})"
        return
    if live == ElementTree.canonicalize(ours, strip_text=True):
        return
    differences = list(_differences(asked, live_asked))
    yield from differences or ["it asks the same, and looks otherwise"]


def with_additions(ours: str, theirs: str) -> str:
    """Our page with every named control that only theirs has, at its end; ours as it is when theirs is not XML."""
    page = ElementTree.fromstring(ours)  # noqa: S314  # ours
    try:
        live = ElementTree.fromstring(theirs)  # noqa: S314  # no entities, as below
    except ElementTree.ParseError:
        return ours
    names = {FLAG, *(one.get("name") for one in page.iter())}  # flags that are switched off are nobody's addition
    added = [one for one in live.iter() if one.get("name") and one.get("name") not in names]
    page.extend(one for one in added if one.get("toName") or one.get("value"))
    return ElementTree.tostring(page, encoding="unicode")


def _differences(asked: Controls, live: Controls) -> Iterator[str]:
    for name in asked:
        if name not in live:
            yield f"question {name!r} is gone"
            continue
        gone = [value for value in asked[name] if value not in live[name]]
        new = [value for value in live[name] if value not in asked[name]]
        if gone or new:
            words = [
                f"{what} {', '.join(map(repr, values))}" for what, values in (("lost", gone), ("gained", new)) if values
            ]
            yield f"question {name!r} {' and '.join(words)}"
    yield from (f"question {name!r} is new" for name in live if name not in asked)


def _controls(interface: str) -> Controls:
    """Every control that answers (it says what it is about, `toName`) with the values it offers; flags do not."""
    found = ElementTree.fromstring(interface).iter()  # noqa: S314  # no entities: the parser of Python expands none from outside
    return {
        str(control.get("name")): [
            str(one.get("value")) for one in control.iter() if one is not control and one.get("value")
        ]
        for control in found
        if control.get("toName") and control.get("name") != FLAG
    }
