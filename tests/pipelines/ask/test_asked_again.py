"""What is asked under a scheme whose predecessor has answers."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from annotate.sampling import Plan
from pipelines import collection
from pipelines.ask.proposals import propose
from pipelines.ask.push import _Push
from pipelines.ask.sending import Sending
from pipelines.engine.catalog import Catalog, insert
from pipelines.weigh.bridges import migrate
from schemas.ids import canonical
from schemas.scheme import Scheme, shipped_schemes

EKMAN = shipped_schemes()["ekman"]
SUCCESSOR = replace(EKMAN, version=2)


def wanted(here: collection.Collection, scheme: Scheme) -> list[Any]:
    """What a push of a scheme would ask about voices."""
    sending = Sending(here, scheme, "voice", "")
    return _Push(here.home, here.settings, scheme, "voice", "", sending)._wanted(None) or []


def test_what_was_answered_under_a_scheme_that_is_read_as_this_one_is_asked_again_only_if_proposed(
    answered: Path,
) -> None:
    with Catalog(answered).open() as connection:
        body = canonical(asdict(SUCCESSOR))
        insert(connection, "schemes", {"id": [SUCCESSOR.id], "name": ["ekman"], "version": [2], "body": [body]})
    here = collection.find(answered)
    assert wanted(here, SUCCESSOR)
    migrate(answered, "ekman-1", "ekman-2")
    assert wanted(here, SUCCESSOR) == []
    assert wanted(here, EKMAN)
    assert len(propose(answered, here.settings, [SUCCESSOR], Plan(n=2))[0].proposed) == 2
