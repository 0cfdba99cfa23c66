"""`plot`: the figures of a collection, as PNG and SVG, for people and for the card of a release."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from annotate.agreement import RELIABLE, Agreement, agreement
from annotate.answer_log import AnswerLog
from annotate.designs import recognised
from annotate.drawing import save
from annotate.peers import coincidences
from annotate.plots import (
    AgreementLine,
    Plane,
    RaterLine,
    agreement_figure,
    confusion_figure,
    distribution_figure,
    leniency_figure,
    plane_figure,
    together_figure,
)
from annotate.votes import Votes
from pipelines.answered import Answered, answered
from pipelines.exclusions import excluded
from pipelines.origins import media_of
from pipelines.raters import raters
from pipelines.terminal import print_json, say
from schemas.media import ...

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import NDArray
