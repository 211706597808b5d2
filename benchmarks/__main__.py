"""`python -m benchmarks [SUBJECT...]`: measure, print one table, write benchmarks/out/results.json."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from benchmarks import engine, limits, peers  # noqa: F401  (they register their subjects)
from benchmarks.registry import SUBJECTS, Row, measure

OUT = Path(__file__).parent / "out" / "results.json"


def main() -> None:
    """Measure what is asked for, or everything."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=", ".join(SUBJECTS))
    parser.add_argument("--smoke", action="store_true", help="smallest sizes, once each")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.subjects if name not in SUBJECTS]
    if unknown:
        parser.error(f"no subject '{unknown[0]}'; there are {', '.join(SUBJECTS)}")
    found: list[Row] = []
    for name in arguments.subjects or SUBJECTS:
        rows = measure(SUBJECTS[name], arguments.smoke)
        print(f"\n{name}: {SUBJECTS[name].note}")
        print("\n".join(text(row) for row in rows), flush=True)
        found += rows
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps([asdict(row) for row in found], indent=2) + "\n", encoding="utf-8")
    print(f"\nWritten to {OUT}")


def text(row: Row) -> str:
    """A row as a line."""
    if row.seconds is None or row.rate is None:
        return f"  {row.label:48} left out: {row.skipped}"
    facts = "  ".join(f"{name} {value:.3g}" for name, value in row.facts.items())
    faster = f"{row.times_faster:8.1f} x" if row.times_faster else " " * 10
    return f"  {row.label:48} {row.seconds * 1e3:11.2f} ms {row.rate:12,.0f} {row.unit}/s {faster}  {facts}"


if __name__ == "__main__":
    main()
