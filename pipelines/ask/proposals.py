"""`next`: what to ask next, each with its reason, and with the probability of its selection written down."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

from duckdb import DuckDBPyConnection

from annotate.answers.log import AnswerLog
from annotate.label_errors import beliefs
from annotate.sampling import Candidate, Plan, Proposal, disagreement, proposals, rarity, uncertainty
from pipelines.ask.selection import hold_rights
from pipelines.engine import live
from pipelines.engine.catalog import Catalog, now
from pipelines.find.thresholds import choose
from pipelines.items import Provenance, origins
from pipelines.weigh.corpus_labels import meaning
from pipelines.weigh.exclusions import excluded
from pipelines.weigh.questions import answer_logs, name_of
from schemas.answers import Decision, Item
from schemas.ids import content_id, short_id
from schemas.scheme import Scheme
from schemas.settings import Settings

VERSION = "Propose@1"  # how proposals are drawn
PROPOSED = "proposed"  # and the draw: what was decided about an item that was drawn
BEHIND = ("category", "speaker", "language")

# Items about media that no rater may see, or not any more: what was answered about them counts, and nobody is asked.
WITHHELD = "SELECT DISTINCT item FROM about JOIN rights USING (asset) WHERE NOT may_annotate"


@dataclass(frozen=True)
class Proposed:
    """One thing to ask next in a scheme, what it is called, and why in words."""

    scheme: str
    name: str
    reason: str
    proposal: Proposal


@dataclass(frozen=True)
class Next:
    """What is proposed, out of how many candidates; `draw` is the stage under which the selection is written down."""

    scheme: str
    candidates: int
    draw: str
    proposed: tuple[Proposed, ...]


@dataclass(eq=False)
class _Known:
    """What is known of one candidate: sums over its answered questions, and what it stands for."""

    questions: int = 0
    answers: int = 0
    uncertainty: float = 0.0
    disagreement: float = 0.0
    worst: tuple[float, str] = (-1.0, "")
    stands_for: dict[str, str] = field(default_factory=dict)

    def add(self, question: str, n: int, uncertainty: float, disagreement: float) -> None:
        """One more question about it that n people answered."""
        self.questions += 1
        self.answers += n
        self.uncertainty += uncertainty
        self.disagreement += disagreement
        self.worst = max(self.worst, (uncertainty + disagreement, question))


@dataclass(frozen=True, eq=False)
class _Candidates:
    """Everything that could be asked in a scheme: what is known of each item, where it is from, the clips not asked,
    and the items that may not be asked about."""

    known: Mapping[str, _Known]
    provenance: Mapping[str, Provenance]
    clips: Sequence[str]
    withheld: frozenset[str]

    @cached_property
    def counts(self) -> dict[str, Counter[str]]:
        """How many answered items there are of each category, speaker and language."""
        answered = [one.stands_for for one in self.known.values() if one.answers]
        return {name: Counter(of[name] for of in answered if name in of) for name in BEHIND}


def propose(home: Path, settings: Settings, schemes: Sequence[Scheme], plan: Plan) -> list[Next]:
    """What to ask next in every scheme; the draw is written down, and is the same as long as nothing changes."""
    found = []
    for scheme in schemes:
        logs = list(answer_logs(home, scheme.id))
        with Catalog(home).open() as connection:
            live.refresh_on(connection)
            hold_rights(connection)
            withheld = frozenset(_items(connection, WITHHELD))
            clips = _unasked(connection, settings, scheme)
            asked = _items(connection, "SELECT DISTINCT item FROM asks WHERE scheme = ?", [scheme.id])
            left_out, provenance = excluded(home), origins(home, clips)
        elsewhere = {whole for log in logs for whole in log.wholes}  # asked under a scheme that is read as this one
        known = {item: _Known() for item in sorted({*asked, *elsewhere, *(Item("clip", clip).id for clip in clips)})}
        _weigh(known, logs, left_out)
        _stand_for(known, logs, provenance)
        found.append(_drawn(home, scheme, plan, _Candidates(known, provenance, clips, withheld)))
    return found


def _items(connection: DuckDBPyConnection, query: str, values: Sequence[str] = ()) -> list[str]:
    return [item for (item,) in connection.execute(query, values).fetchall()]


def _unasked(connection: DuckDBPyConnection, settings: Settings, scheme: Scheme) -> list[str]:
    """The clips that are good enough to be asked about and have not been."""
    clips: list[str] = []
    for media in scheme.media:
        choose(connection, settings, media)
        query = f"""SELECT c.id FROM chosen_{media} c JOIN rights r USING (asset)
                    WHERE c.reason IS NULL AND r.may_annotate AND c.id NOT IN (
                        SELECT o.clip FROM about o JOIN asks k USING (item)
                        WHERE k.scheme = ? AND o.clip IS NOT NULL)
                    ORDER BY c.id"""
        clips += _items(connection, query, [scheme.id])
    return clips


def _weigh(known: Mapping[str, _Known], logs: Sequence[AnswerLog], left_out: Mapping[str, str]) -> None:
    """Say of every candidate how sure people are, and what they most likely mean."""
    for log in logs:
        people = log.votes(log.counted(left_out))
        if not len(people):
            continue
        wholes = dict(zip(log.item_ids, log.wholes, strict=True))
        columns = (people.sizes, uncertainty(people), disagreement(people, log.reach))
        for item, *figures in zip(people.item_ids, *(column.tolist() for column in columns), strict=True):
            known[wholes[item]].add(log.name, *figures)
        if len(people.categories) > 2:
            leads = beliefs(people).posterior.argmax(axis=1)
            for item, lead in zip(people.item_ids, leads, strict=True):
                known[wholes[item]].stands_for.setdefault("category", people.categories[lead])


def _stand_for(known: Mapping[str, _Known], logs: Sequence[AnswerLog], provenance: Mapping[str, Provenance]) -> None:
    """Say of every candidate whose voice or face it is, in which language, and failing answers what was requested."""
    choices = [log.question for log in logs if len(log.categories) > 2]
    for item, one in known.items():
        origin = provenance[item]
        wanted = origin.requested and next(filter(None, (meaning(each, origin.requested) for each in choices)), None)
        values = {"category": wanted, "speaker": origin.speaker, "language": origin.language}
        one.stands_for = {name: value for name, value in values.items() if value} | one.stands_for


def _drawn(home: Path, scheme: Scheme, plan: Plan, among: _Candidates) -> Next:
    known, counts = among.known, among.counts
    candidates = [_candidate(item, one, counts) for item, one in known.items() if item not in among.withheld]
    drawn = proposals(candidates, plan)
    reasons = [_reason(proposal, known[proposal.item], counts) for proposal in drawn]
    pool = content_id("candidates", of=[asdict(candidate) for candidate in candidates])
    stage = f"{VERSION}-{short_id(scheme=scheme.id, plan=asdict(plan), pool=pool)}"
    _write_down(home, stage, drawn, reasons, among.clips)
    name = name_of(scheme)
    proposed = [
        Proposed(name, among.provenance[proposal.item].name, reason, proposal)
        for proposal, reason in zip(drawn, reasons, strict=True)
    ]
    return Next(name, len(candidates), stage, tuple(proposed))


def _candidate(item: str, one: _Known, counts: Mapping[str, Counter[str]]) -> Candidate:
    rare = [rarity(counts[name], one.stands_for[name]) for name in BEHIND if name in one.stands_for and counts[name]]
    questions = max(one.questions, 1)
    open_share = one.uncertainty / questions if one.answers else 1.0
    return Candidate(item, open_share, one.disagreement / questions, sum(rare) / max(len(rare), 1))


def _reason(proposal: Proposal, one: _Known, counts: Mapping[str, Counter[str]]) -> str:
    """The strongest reason in words and numbers."""
    why = proposal.why
    if why is None:
        return "drawn by chance alone"
    if why == "uncertainty" and not one.answers:
        return "uncertainty: nobody has answered yet"
    if why == "uncertainty":
        n = one.answers / one.questions
        left = f"{proposal.uncertainty:.0%} of the entropy is left, mostly in {one.worst[1]}"
        return f"uncertainty: {left} ({n:.3g} answers per question)"
    if why == "disagreement":
        return f"disagreement: answers of {proposal.disagreement:.0%} of rater pairs differ, mostly in {one.worst[1]}"
    rare = [(counts[name][value], name, value) for name, value in one.stands_for.items() if counts[name]]
    fewest, name, value = min(rare)
    return (
        f"coverage: {name} {value!r} has {fewest:,} answered items, the most covered has {max(counts[name].values()):,}"
    )


def _write_down(home: Path, draw: str, drawn: Sequence[Proposal], reasons: Sequence[str], clips: Sequence[str]) -> None:
    """Keep who was drawn, in which part, why, and with what probability; the same draw is kept once."""
    items = {item.id: item for item in (Item("clip", clip) for clip in clips)}
    what, at = f"{PROPOSED} {draw}", now()
    catalog = Catalog(home)
    if catalog.rows("SELECT 1 FROM decisions WHERE what = ? LIMIT 1", [what]):
        return
    decisions = [
        Decision(proposal.item, what, f"{proposal.part}: {reason}", at, proposal.probability)
        for proposal, reason in zip(drawn, reasons, strict=True)
    ]
    catalog.add([*(items[one.item] for one in drawn if one.item in items), *decisions])
