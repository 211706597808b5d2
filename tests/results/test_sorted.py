"""Quantiles by sorting are NumPy's to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from supplysim.results.sorted import quantiles

SHARES = (0.05, 0.5, 0.95)
NUMBERS = st.floats(-1e9, 1e9) | st.sampled_from([np.inf, -np.inf, np.nan])


@given(arrays(float, st.tuples(st.integers(1, 3), st.integers(1, 9), st.integers(1, 3)), elements=NUMBERS))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_they_are_numpys_to_the_last_bit(values):
    np.testing.assert_array_equal(quantiles(values, SHARES, axis=1), np.quantile(values, SHARES, axis=1))
    np.testing.assert_array_equal(quantiles(values.ravel(), SHARES), np.quantile(values.ravel(), SHARES))
