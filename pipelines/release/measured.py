"""What a release tells beside its samples: agreement, what thresholds cost which emotion, and which models found it."""

from dataclasses import asdict, dataclass
from pathlib import Path

from pipelines import gates
from pipelines.engine.catalog import Catalog
from pipelines.gates import ABOUT_PEOPLE, TOGETHER, Cost, Gate
from pipelines.weigh import agree
from schemas.modality import MODALITIES
from schemas.release import AgreementFigure, GateFigure, Gates
from schemas.settings import Settings

WEIGHTS = "SELECT DISTINCT name, licence FROM stage_weights SEMI JOIN active_stages USING (stage) ORDER BY ALL"


@dataclass(frozen=True)
class Measured:
    """What a card says of raters, of thresholds and of the models that found the clips."""

    agreements: tuple[AgreementFigure, ...]
    gates: Gates
    weights: dict[str, str]


def measured(home: Path, found: gates.Gates) -> Measured:
    """Agreement, the cost of thresholds and the weights, once for the id of a release and for its card."""
    return Measured(tuple(agree.figures(home)), cost_of_gates(found), weights(home))


def thresholds(settings: Settings) -> dict[str, float | int | str]:
    """The settings that decide which clips are good, as a card shows them."""
    sections = {name: asdict(getattr(settings, name)) for name in MODALITIES}
    return {f"{name}.{key}": value for name, section in sections.items() for key, value in section.items()}


def cost_of_gates(found: gates.Gates) -> Gates:
    """What the thresholds remove of each emotion that is known without raters; nothing else of anybody."""
    figures = tuple(
        _cost(gate, cost)
        for gate in found.gates
        if gate.unit == "clips" and gate.setting != TOGETHER
        for cost in gate.costs
        if cost.variable not in ABOUT_PEOPLE
    )
    removed = sum(gate.removed for gate in found.gates if gate.setting == TOGETHER)
    return Gates(found.clips, removed, found.emotions, figures)


def _cost(gate: Gate, cost: Cost) -> GateFigure:
    low, high = (None if end is None else round(end, 6) for end in (cost.share.low, cost.share.high))
    apart = (None, None) if cost.more is None else (round(cost.more[1], 6), round(cost.more[2], 6))
    limit = "" if gate.limit is None else f"{gate.limit:g}" if isinstance(gate.limit, float) else str(gate.limit)
    return GateFigure(gate.setting, limit, cost.variable, cost.value, cost.removed, cost.share.n, low, high, *apart)


def weights(home: Path) -> dict[str, str]:
    """The models that found the clips, with the licences of their weights."""
    return dict(Catalog(home).rows(WEIGHTS))
