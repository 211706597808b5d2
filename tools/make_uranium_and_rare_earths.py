"""Derives the production, use and trade tables of uranium and rare earths from a folder of raw tables.

Usage: python tools/make_uranium_and_rare_earths.py RAW_DIR

RAW_DIR holds the publishers' tables (trade/, production/, uranium/). Writes production.csv, use.csv and trade.csv of
the two minerals; the other tables are short and kept by hand. Running it again gives the same files.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rare_earth_rows import rare_earths
from raw_tables import TABLES, read, region_of
from uranium_rows import uranium


def main(raw: Path) -> None:
    """Write the three derived tables of both minerals."""
    regions = region_of(read(TABLES / "regions.csv"))
    uranium(raw, regions)
    rare_earths(raw, regions)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
