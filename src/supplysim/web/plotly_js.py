"""Plotly's JavaScript as its Python package ships it, and what a strict policy must know of it."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from supplysim.errors import RunError

_SHEET = re.compile(rb"\.textContent='([^'\\]*)',document\.head\.appendChild")


@lru_cache(maxsize=1)
def path() -> Path:
    """The file. Raises `RunError` where plotly is not installed."""
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise RunError("plotly is not installed")
    return Path(spec.origin).parent / "package_data" / "plotly.min.js"


@lru_cache(maxsize=1)
def style_sources() -> str:
    """Sources for `style-src`: the hash of each style sheet that the script adds to the page when it loads.

    The one there is belongs to a kind of map that this page does not draw; without its hash browsers log an error.
    """
    sheets = _SHEET.findall(path().read_bytes())
    return "".join(f" 'sha256-{b64encode(hashlib.sha256(sheet).digest()).decode()}'" for sheet in sheets)
