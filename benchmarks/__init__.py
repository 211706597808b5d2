"""What things cost in CPU time on one core: `python -m benchmarks`. Each subject is registered once."""

import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # before NumPy is imported: CPU time of one thread is what is compared
