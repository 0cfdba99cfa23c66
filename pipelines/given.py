"""Labels that items came with: what a corpus says of them, and what somebody was asked to show."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pipelines.answered import AFFIRMATIVE, Answered
from pipelines.origins import Whence, requests
from schemas.errors import BadSetting
from schemas.scheme import Question

REQUESTED = "requested"  # the source of labels that say what somebody was asked to show

Given = dict[str, str | float]  # label by item of a log


def given_labels(one: Answered, whence: Mapping[str, Whence]) -> Iterator[tuple[str, Given]]:
    """The labels that the items of a question came with, source by source: every corpus, then what was requested."""
    log = one.log
    counting = log.raters[log.latest]
    for code, rater in enumerate(log.rater_ids):
        if one.kinds[rater] == "corpus" and (rows := log.latest[counting == code]).size:
            yield rater, {log.item_ids[log.items[row]]: value_of(one, float(log.values[row])) for row in rows}
    wanted: Given = {
        item: answer
        for item, whole in zip(log.item_ids, one.wholes, strict=True)
        if whole in whence and (answer := requested_answer(one, whence[whole].requested)) is not None
    }
    if wanted:
        yield REQUESTED, wanted


def requested_answer(one: Answered, spelling: str | None) -> str | None:
    """What people would answer if they perceived the requested emotion; None where the question does not say that."""
    question, categories = one.question, one.log.categories
    if spelling is None or not categories:
        return None
    if question.type == "choice" and len(categories) > 2:
        return meaning(question, spelling)
    if question.type == "choices":
        named, names = meaning(question, spelling) or "", [one.name.partition(":")[2]]
    else:
        named, names = spelling, [question.name, question.title, *question.aliases]
    if named.casefold() not in {name.casefold() for name in names}:
        return None
    return next((category for category in categories if category.casefold() in AFFIRMATIVE), categories[1])


def value_of(one: Answered, value: float) -> str | float:
    """The category or the number behind a value of a log."""
    return one.log.categories[int(value)] if one.log.categories else value


def meaning(question: Question, spelling: str) -> str | None:
    """The category a spelling stands for; None where there is none."""
    try:
        return question.category(spelling)
    except BadSetting:
        return None


def contradictions(home: Path, questions: Iterable[Question]) -> Iterator[tuple[str, dict[str, str]]]:
    """The assets whose requested emotions differ in more than spelling: each spelling, and where it was said."""
    choices = [question for question in questions if question.categories]
    for asset, spellings in requests(home).items():
        if len({spelling.casefold() for spelling in spellings}) < 2:
            continue
        meanings = [{meaning(question, spelling) for spelling in spellings} for question in choices]
        if not any(len(each) == 1 and None not in each for each in meanings):
            yield asset, spellings
