"""Labels that items came with: what a corpus says of them, and what somebody was asked to show."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from pipelines.items import Whence, requests
from pipelines.weigh.logs import AFFIRMATIVE
from pipelines.weigh.questions import Answered, is_unsigned
from schemas.answers import Item
from schemas.errors import BadSetting
from schemas.scheme import Question

REQUESTED = "requested"  # the source of labels that say what somebody was asked to show

Given = dict[str, str | float]  # label by item of a log


def given_labels(
    one: Answered, corpora: Mapping[str, Mapping[str, str]], whence: Mapping[str, Whence]
) -> Iterator[tuple[str, Given]]:
    """The labels that the items of a question came with, source by source.

    What a corpus answers to the question itself; what it says elsewhere of the item, or of the recording it was cut
    from (`corpora`, as `said_elsewhere` gives them); and what was requested.
    """
    log = one.log
    counting = log.raters[log.latest]
    for code, rater in enumerate(log.rater_ids):
        if _is_corpus(one, rater) and (rows := log.latest[counting == code]).size:
            yield rater, {log.item_ids[log.items[row]]: value_of(one, float(log.values[row])) for row in rows}
    things = list(zip(log.item_ids, one.wholes, strict=True))
    for rater, spellings in corpora.items():
        yield rater, _answers(one, {item: _said_of(whole, spellings, whence) for item, whole in things})
    yield REQUESTED, _answers(one, {item: whence[whole].requested for item, whole in things if whole in whence})


def said_elsewhere(told: Sequence[Answered]) -> dict[str, dict[str, str]]:
    """What corpora say of whole items in choices that nobody else answered: per corpus the category by item."""
    found: dict[str, dict[str, str]] = {}
    for one in told:
        log = one.log
        answering = {log.rater_ids[code] for code in set(log.raters.tolist())}
        if len(log.categories) > 2 and all(_is_corpus(one, rater) for rater in answering):
            for row in log.latest:
                whole, category = one.wholes[log.items[row]], log.categories[int(log.values[row])]
                found.setdefault(log.rater_ids[log.raters[row]], {})[whole] = category
    return found


def _said_of(whole: str, spellings: Mapping[str, str], whence: Mapping[str, Whence]) -> str | None:
    """What is said of an item or, failing that, of the asset it was cut from."""
    asset = whence[whole].asset if whole in whence else None
    return spellings.get(whole) or (spellings.get(Item("asset", asset).id) if asset else None)


def _answers(one: Answered, spellings: Mapping[str, str | None]) -> Given:
    answers = {item: requested_answer(one, spelling) for item, spelling in spellings.items() if spelling}
    return {item: answer for item, answer in answers.items() if answer is not None}


def _is_corpus(one: Answered, rater: str) -> bool:
    return one.kinds[rater] == "corpus" and not is_unsigned(rater)


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
