"""One stream of random numbers a name, so that what is added later changes no other draw."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def stream(seed: int, name: str) -> np.random.SeedSequence:
    """The seed sequence of a name: NumPy's, fed with the run's seed and the SHA-256 of the name."""
    import numpy as np

    digest = hashlib.sha256(name.encode()).digest()
    return np.random.SeedSequence([seed, *np.frombuffer(digest, dtype="<u4").tolist()])
