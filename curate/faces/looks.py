"""How a whole frame looks, in a few bytes: enough to tell a cut from a camera or a person that moves."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

ACROSS, DOWN = 8, 6
LEAST_CHANGE = 12.0  # levels of 255: less is no cut, however still it was before
ABOVE_USUAL = 3.0  # times the change that is usual around
AROUND = 4  # changes before and after from which the usual one is taken


def frame_look(rgb: Any) -> NDArray[np.uint8]:
    """The colours of a frame (height, width, 3) in 8 by 6 places, (144,)."""
    return np.asarray(cv2.resize(rgb, (ACROSS, DOWN), interpolation=cv2.INTER_AREA), np.uint8).ravel()


def cuts(looks: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Before which of the frames (frames, 144), in order of time, there is a cut; never before the first.

    A cut changes the colours more than usual around it, so that neither a hand-held camera nor a pan is one.
    """
    is_cut = np.zeros(len(looks), bool)
    changes = np.abs(np.diff(looks.astype(np.int16), axis=0)).mean(axis=1)
    for place in np.flatnonzero(changes > LEAST_CHANGE):
        around = np.delete(changes[max(0, place - AROUND) : place + AROUND + 1], min(place, AROUND))
        usual = float(np.median(around)) if len(around) else 0.0
        is_cut[place + 1] = changes[place] > ABOVE_USUAL * usual
    return is_cut
