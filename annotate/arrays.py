"""The element types of the arrays in the rooms of statistics."""

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int32]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
