"""The figures of the page, one file each."""

from __future__ import annotations
