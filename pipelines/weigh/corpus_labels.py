"""Labels that items came with: what a corpus says of them, and what somebody was asked to show."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from annotate.answers.log import AnswerLog
from pipelines.items import Provenance, requests
from pipelines.weigh.logs import AFFIRMATIVE
from schemas.answers import Item
from schemas.errors import BadSetting
from schemas.media import Clip
from schemas.scheme import Question

REQUESTED = "requested"  # the source of labels that say what somebody was asked to show

ItemLabels = dict[str, str | float]  # label by item of a log


def corpus_labels(
    log: AnswerLog, corpora: Mapping[str, Mapping[str, str]], origins: Mapping[str, Provenance]
) -> Iterator[tuple[str, ItemLabels]]:
    """The labels that the items of a question came with, source by source.

    What a corpus answers to the question itself; what it says elsewhere of the item, or of the recording it was cut
    from (`corpora`, as `whole_item_labels` gives them); and what was requested.
    """
    counting = log.raters[log.latest]
    for code in _corpus_codes(log):
        if (rows := log.latest[counting == code]).size:
            yield log.rater_ids[code], {log.item_ids[log.items[row]]: log.value(row) for row in rows}
    items = list(zip(log.item_ids, log.wholes, strict=True))
    for rater, spellings in corpora.items():
        yield rater, _answers(log, {item: _spelling(whole, spellings, origins) for item, whole in items})
    yield REQUESTED, _answers(log, {item: origins[whole].requested for item, whole in items if whole in origins})


def whole_item_labels(logs: Sequence[AnswerLog]) -> dict[str, dict[str, str]]:
    """What corpora say of whole items in choices that nobody else answered: per corpus the category by item."""
    labels: dict[str, dict[str, str]] = {}
    for log in logs:
        if len(log.categories) > 2 and set(log.raters.tolist()) <= set(_corpus_codes(log)):
            for row in log.latest:
                corpus = labels.setdefault(log.rater_ids[log.raters[row]], {})
                corpus[log.wholes[log.items[row]]] = log.categories[int(log.values[row])]
    return labels


def requested_answer(log: AnswerLog, spelling: str | None) -> str | None:
    """What people would answer if they perceived the requested emotion; None where the question does not say that."""
    question, categories = log.question, log.categories
    if spelling is None or not categories:
        return None
    if question.type == "choice" and len(categories) > 2:
        return meaning(question, spelling)
    if question.type == "choices":
        wanted, names = meaning(question, spelling) or "", [log.name.partition(":")[2]]
    else:
        wanted, names = spelling, [question.name, question.title, *question.aliases]
    if wanted.casefold() not in {name.casefold() for name in names}:
        return None
    return next((category for category in categories if category.casefold() in AFFIRMATIVE), categories[1])


def meaning(question: Question, spelling: str) -> str | None:
    """The category a spelling stands for; None where there is none."""
    try:
        return question.category(spelling)
    except BadSetting:
        return None


def contradictory_requests(home: Path, questions: Iterable[Question]) -> Iterator[tuple[str, dict[str, str]]]:
    """The assets whose requested emotions differ in more than spelling: each spelling, and where it was said."""
    choices = [question for question in questions if question.categories]
    for asset, spellings in requests(home).items():
        if len({spelling.casefold() for spelling in spellings}) < 2:
            continue
        meanings = [{meaning(question, spelling) for spelling in spellings} for question in choices]
        if not any(len(each) == 1 and None not in each for each in meanings):
            yield asset, spellings


def _corpus_codes(log: AnswerLog) -> list[int]:
    corpora = zip(log.rater_kinds, log.anonymous, strict=True)
    return [code for code, (kind, anonymous) in enumerate(corpora) if kind == "corpus" and not anonymous]


def _spelling(whole: str, spellings: Mapping[str, str], origins: Mapping[str, Provenance]) -> str | None:
    """What is said of an item or, failing that, of the whole file it was cut from."""
    asset = origins[whole].asset if whole in origins else None
    return spellings.get(whole) or (spellings.get(Item("clip", Clip(asset, "whole").id).id) if asset else None)


def _answers(log: AnswerLog, spellings: Mapping[str, str | None]) -> ItemLabels:
    answers = {item: requested_answer(log, spelling) for item, spelling in spellings.items() if spelling}
    return {item: answer for item, answer in answers.items() if answer is not None}
