"""The web room: a page on loopback on which a strategist moves a scenario's numbers and sees what changes."""

from __future__ import annotations

from supplysim.web.app import create_app

__all__ = ["create_app"]
