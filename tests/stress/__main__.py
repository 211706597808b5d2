"""`python -m tests.stress SUBJECT [--count N] [--seed S]`: try many cases of a subject and print what came of them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from importlib import import_module

SUBJECTS = {
    "bytes": "bits flipped in an unfinished sweep's folder: does one reach a result?",
    "faults": "damaged chunks, a read-only folder, signals, two drivers, little memory, a lost scheduler",
    "kills": "kill -9 of a sweep's driver and workers at random moments: are the bytes the same?",
    "markets": "random markets, mild and wild: is there a solution, and is it right?",
    "server": "the what-if page under clients that are many, idle, gone or hostile: is all answered or told?",
    "language": "shipped scenarios with one mistake each: is it told at its line, in one round?",
}
"""Name of a file of this folder, and what it tries. Each has `run(count, seed) -> bool`, which prints its figures and
says whether all went well, and `COUNT`, how many cases it takes when nobody says."""


def main() -> int:
    """Run what is asked for; 1 where a case went wrong."""
    epilog = "\n".join(f"  {name:10} {text}" for name, text in SUBJECTS.items())
    parser = argparse.ArgumentParser(
        prog="python -m tests.stress", description=__doc__, epilog=f"subjects:\n{epilog}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("subject", choices=SUBJECTS)
    parser.add_argument("--count", type=int, help="how many cases")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    subject = import_module(f"tests.stress.{asked.subject}")
    run: Callable[[int, int], bool] = subject.run
    return 0 if run(subject.COUNT if asked.count is None else asked.count, asked.seed) else 1


if __name__ == "__main__":
    sys.exit(main())
