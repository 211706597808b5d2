"""SciPy's special functions come without what wraps Fortran, which still is there for those who ask."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
from supplysim.special import ndtri
assert ndtri(0.5) == 0.0
assert "numpy.f2py.crackfortran" not in sys.modules, "imported, though nobody asked"
assert "unittest" not in sys.modules
import numpy as np
import scipy.special
assert scipy.special.ndtri is ndtri
assert callable(np.f2py.run_main)
assert "numpy.f2py.crackfortran" in sys.modules
np.testing.assert_allclose([1.0], [1.0])
"""


def test_what_wraps_fortran_is_imported_when_it_is_asked_for() -> None:
    subprocess.run([sys.executable, "-c", CODE], check=True)
