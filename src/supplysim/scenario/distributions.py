"""What nature may choose: distributions with named parameters in base units.

Each is a frozen value with `ppf(u)`, the inverse of its cumulative distribution, for `u` in [0, 1) of any shape; NumPy
and SciPy are loaded only when it is called. Sources: the textbook inverses; PERT as a scaled beta with shape 4 (Malcolm
et al. 1959).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from itertools import accumulate
from statistics import NormalDist
from typing import TYPE_CHECKING, ClassVar, Self

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Z90 = NormalDist().inv_cdf(0.9)
_UNIT = NormalDist()


@dataclass(frozen=True)
class Distribution(ABC):
    """A distribution of one number."""

    name: ClassVar[str]

    @abstractmethod
    def ppf(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        """Quantiles at `u`, an array of the same shape."""

    @property
    @abstractmethod
    def central(self) -> float:
        """The value used where nothing is drawn: the median (for PERT the mean)."""

    @property
    @abstractmethod
    def support(self) -> tuple[float, float]:
        """The smallest and the largest value that can be drawn."""

    @abstractmethod
    def scaled(self, factor: float) -> Self:
        """The distribution of `factor` times the number; `factor` must be positive."""

    def parameters(self) -> dict[str, float | tuple[float, ...]]:
        """The parameters that differ from their defaults, by name."""
        pairs = ((field.name, getattr(self, field.name), field.default) for field in fields(self))
        return {key: value for key, value, default in pairs if value != default}


@dataclass(frozen=True)
class Constant(Distribution):
    name: ClassVar[str] = "constant"
    value: float

    def ppf(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        import numpy as np

        return np.full(np.shape(u), self.value)

    @property
    def central(self) -> float:
        return self.value

    @property
    def support(self) -> tuple[float, float]:
        return self.value, self.value

    def scaled(self, factor: float) -> Self:
        return replace(self, value=self.value * factor)


@dataclass(frozen=True)
class Uniform(Distribution):
    name: ClassVar[str] = "uniform"
    low: float
    high: float

    def ppf(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.low + (self.high - self.low) * u

    @property
    def central(self) -> float:
        return (self.low + self.high) / 2

    @property
    def support(self) -> tuple[float, float]:
        return self.low, self.high

    def scaled(self, factor: float) -> Self:
        return replace(self, low=self.low * factor, high=self.high * factor)


@dataclass(frozen=True)
class _Peaked(Distribution):
    low: float
    mode: float
    high: float

    @property
    def support(self) -> tuple[float, float]:
        return self.low, self.high

    def scaled(self, factor: float) -> Self:
        return replace(self, low=self.low * factor, mode=self.mode * factor, high=self.high * factor)


@dataclass(frozen=True)
class Triangular(_Peaked):
    name: ClassVar[str] = "triangular"

    def ppf(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        import numpy as np

        width = self.high - self.low
        below = self.low + np.sqrt(u * width * (self.mode - self.low))
        above = self.high - np.sqrt((1 - u) * width * (self.high - self.mode))
        return np.where(u * width < self.mode - self.low, below, above)

    @property
    def central(self) -> float:
        half = (self.high - self.low) / 2
        if self.mode - self.low >= half:
            return self.low + math.sqrt(half * (self.mode - self.low))
        return self.high - math.sqrt(half * (self.high - self.mode))


@dataclass(frozen=True)
class Pert(_Peaked):
    name: ClassVar[str] = "pert"

    def ppf(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        import numpy as np
        from scipy.special import betaincinv

        width = self.high - self.low
        a, b = 1 + 4 * (self.mode - self.low) / width, 1 + 4 * (self.high - self.mode) / width
        return np.asarray(self.low + width * betaincinv(a, b, u))

    @property
    def central(self) -> float:
        return (self.low + 4 * self.mode + self.high) / 6


@dataclass(frozen=True)
class _Gaussian(Distribution):
    """Common to normal and lognormal: a standard normal number, cut at `low` and `high` and redistributed inside."""

    def _z(self, u: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
        import numpy as np
        from scipy.special import ndtr, ndtri

        below, above = ndtr(low), ndtr(high)
        return np.clip(ndtri(below + (above - below) * u), low, high)

    def _middle(self, low: float, high: float) -> float:
        below, above = _UNIT.cdf(low), _UNIT.cdf(high)
        return _UNIT.inv_cdf((below + above) / 2)


@dataclass(frozen=True)
class Normal(_Gaussian):
    name: ClassVar[str] = "normal"
    mean: float
    sd: float
    low: float = -math.inf
    high: float = math.inf

    @property
    def _bounds(self) -> tuple[float, float]:
        return (self.low - self.mean) / self.sd, (self.high - self.mean) / self.sd

    def ppf(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.mean + self.sd * self._z(u, *self._bounds)

    @property
    def central(self) -> float:
        return self.mean + self.sd * self._middle(*self._bounds)

    @property
    def support(self) -> tuple[float, float]:
        return self.low, self.high

    def scaled(self, factor: float) -> Self:
        parts = {field.name: getattr(self, field.name) * factor for field in fields(self)}
        return replace(self, **parts)


@dataclass(frozen=True)
class Lognormal(_Gaussian):
    """`median * exp(sigma * z)` with `z` standard normal."""

    name: ClassVar[str] = "lognormal"
    median: float
    sigma: float
    low: float = 0.0
    high: float = math.inf

    @property
    def _bounds(self) -> tuple[float, float]:
        low = math.log(self.low / self.median) / self.sigma if self.low > 0 else -math.inf
        high = math.log(self.high / self.median) / self.sigma if self.high < math.inf else math.inf
        return low, high

    def ppf(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        import numpy as np

        return self.median * np.exp(self.sigma * self._z(u, *self._bounds))

    @property
    def central(self) -> float:
        return self.median * math.exp(self.sigma * self._middle(*self._bounds))

    @property
    def support(self) -> tuple[float, float]:
        return self.low, self.high

    def scaled(self, factor: float) -> Self:
        return replace(self, median=self.median * factor, low=self.low * factor, high=self.high * factor)


@dataclass(frozen=True)
class Discrete(Distribution):
    """One of `values`, with probabilities in proportion to `weights`."""

    name: ClassVar[str] = "discrete"
    values: tuple[float, ...]
    weights: tuple[float, ...]

    def ppf(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        import numpy as np

        order = np.argsort(self.values, kind="stable")
        edges = np.cumsum(np.asarray(self.weights)[order])
        index = np.searchsorted(edges / edges[-1], u, side="right")
        return np.asarray(self.values)[order][np.minimum(index, len(order) - 1)]

    @property
    def central(self) -> float:
        total, ordered = sum(self.weights), sorted(zip(self.values, self.weights, strict=True))
        passed = accumulate(weight for _, weight in ordered)
        return next(value for (value, _), so_far in zip(ordered, passed, strict=True) if 2 * so_far >= total)

    @property
    def support(self) -> tuple[float, float]:
        drawn = [value for value, weight in zip(self.values, self.weights, strict=True) if weight > 0]
        return min(drawn), max(drawn)

    def scaled(self, factor: float) -> Self:
        return replace(self, values=tuple(value * factor for value in self.values))


def normal_between(p10: float, p90: float) -> tuple[float, float]:
    """Mean and standard deviation of the normal with these quantiles."""
    return (p10 + p90) / 2, (p90 - p10) / (2 * Z90)


def lognormal_between(p10: float, p90: float) -> tuple[float, float]:
    """Median and sigma of the lognormal with these quantiles."""
    return math.sqrt(p10 * p90), math.log(p90 / p10) / (2 * Z90)


def uniform_between(p10: float, p90: float) -> tuple[float, float]:
    """Bounds of the uniform with these quantiles."""
    margin = (p90 - p10) / 8
    return p10 - margin, p90 + margin
