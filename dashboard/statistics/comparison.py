"""Groups against each other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def benjamini_hochberg(p: Floats) -> Floats:
    """The p-values adjusted so that, of those called small, at most that share is expected to be so by chance.

    Source: Benjamini and Hochberg, J R Stat Soc B 1995; 57: 289.
    """
    order = np.argsort(p)[::-1]
    ranks = np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.minimum.accumulate(p[order] * len(p) / ranks), 1.0)
    return adjusted
