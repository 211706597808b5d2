"""What things cost in CPU time on one core: `python -m benchmarks`. Each subject is registered once."""

import os
from pathlib import Path

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # before NumPy is imported: CPU time of one thread is what is compared

# Commands start from modules compiled to bytecode, as an installed package's are: the first of some repeats does it.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ.setdefault("PYTHONPYCACHEPREFIX", str(Path(__file__).parent / "out" / "bytecode"))
