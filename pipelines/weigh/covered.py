"""Which categories people perceived by which speaker, in which language, under which licence."""

from collections.abc import Iterator, Mapping, Sequence

from annotate.coverage import UNKNOWN, Coverage, Labelled, coverage
from annotate.label_errors import beliefs
from pipelines.items import Whence
from pipelines.weigh.questions import Answered

NOWHERE = Whence("", None, None, None, None, None)


def coverages(
    told: Sequence[Answered], left_out: Mapping[str, str], whence: Mapping[str, Whence], least: int
) -> Iterator[Coverage]:
    """The coverage of every choice among several categories, and of every scheme whose questions are present or not."""
    schemes: dict[str, list[Answered]] = {}
    for one in told:
        schemes.setdefault(one.log.scheme, []).append(one)
    for some in schemes.values():
        name = f"{some[0].scheme.name}-{some[0].scheme.version}"
        present: list[Labelled] = []
        asked: list[str] = []
        for one in some:
            if len(one.log.categories) > 2:
                things = [
                    _labelled(whence.get(item, NOWHERE), category) for item, category in _perceived(one, left_out)
                ]
                yield coverage(f"{name} {one.name}", things, one.log.categories, least)
            elif (found := one.present(left_out)) is not None:
                asked.append(one.name)
                there = [item for item, is_there in zip(*found, strict=True) if is_there]
                present += [_labelled(whence.get(item, NOWHERE), one.name) for item in there]
        if asked:
            yield coverage(name, present, asked, least)


def _perceived(one: Answered, left_out: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Every item people answered about, with the category they most likely mean."""
    people = one.votes(left_out)
    wholes = dict(zip(one.log.item_ids, one.wholes, strict=True))
    leads = beliefs(people).posterior.argmax(axis=1) if len(people) else []
    for item, lead in zip(people.item_ids, leads, strict=True):
        yield wholes[item], people.categories[lead]


def _labelled(whence: Whence, category: str) -> Labelled:
    return Labelled(category, whence.speaker or UNKNOWN, whence.language or UNKNOWN, whence.licence or UNKNOWN)
