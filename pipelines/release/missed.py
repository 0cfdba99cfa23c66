"""How many links a search is likely to have missed: from how many it missed where they were known."""

from collections.abc import Iterable
from dataclasses import dataclass

from scipy import stats

from schemas.modality import ModalityName
from schemas.release import brief

COVERAGE = 0.95


@dataclass(frozen=True)
class MissRate:
    """Of how many known links a search missed how many, and what these were."""

    missed: int
    of: int
    known_from: str

    def __str__(self) -> str:
        """The rate with its interval and its origin."""
        low, middle, high = (brief(100 * rate) for rate in self.rates())
        return f"{middle} % ({low} to {high}) are missed: {self.missed:,} of {self.of:,} {self.known_from}"

    def rates(self) -> tuple[float, float, float]:
        """The least share that is likely to be missed, the one that was, and the most (Clopper and Pearson 1934)."""
        missed, of = self.missed, self.of
        low = stats.beta.ppf((1 - COVERAGE) / 2, missed, of - missed + 1) if missed else 0.0
        high = stats.beta.ppf((1 + COVERAGE) / 2, missed + 1, of - missed) if missed < of else 1.0
        return float(low), missed / of, float(high)


# The benchmarks `sounds`, `pictures` and `identity` measure these again; of moments nothing is measured.
COPIES: dict[ModalityName, MissRate] = {
    "voice": MissRate(30, 798, "copies of natural speech of 1 to 4 s, encoded anew, softer, noisy or trimmed"),
    "face": MissRate(3, 232, "copies of photographs, encoded anew, resized, blurred, darker or watermarked"),
}
VOICES = MissRate(20, 112, "pairs of clips of one voice, of eight people in meetings and in front of a camera")
TOLD = "pairs of clips of one {kind}, of people who are told in this collection"


def expected(found: Iterable[tuple[MissRate, int]], apart: float) -> tuple[float, float, float] | None:
    """How many pairs that were missed are likely to cross splits, and from where to where 95 % of the time.

    Of pairs that were `found` a share of all was missed; a missed pair falls into two splits with the chance `apart`.
    Pairs of one person are not independent, so that the interval is rather too narrow for these. None where nobody
    searched, or nothing that was known was found.
    """
    sums: list[float] = []
    for rate, pairs in found:
        if rate.missed == rate.of:
            return None
        missed = [pairs * share / (1 - share) * apart for share in rate.rates()]
        sums = [a + b for a, b in zip(sums or [0.0] * 3, missed, strict=True)]
    if not sums:
        return None
    low, middle, high = (round(value, 3) for value in sums)
    return middle, low, high
