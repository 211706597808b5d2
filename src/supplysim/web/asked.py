"""What the page asks for, read and bounded before any work is done."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from supplysim.errors import Fault, InputError
from supplysim.scenario.compose import ENTITIES

MOST_SETTINGS = 64
LONGEST_VALUE = 120
LONGEST_ENTITY = 1_000
LONGEST_NAME = 200
MOST_DRAWS = 200
MOST_MONTHS = 120
SETTABLE = ("events", "contracts", "projects", "stockpiles", "minerals", "model")
"""Sections that the page may change; draws, horizon and files are not its business."""
FIGURES = ("prices", "map", "stages", "shares", "stocks")
"""Places of figures on the page."""
LISTS = ("remove", "consumers")
"""Lists that it may write: what is left out, and who is looked at."""
_PATH = re.compile(r"[\w.*-]{1,160}\Z")
_CLIENT = re.compile(r"[\w-]{1,40}\Z")


@dataclass(frozen=True)
class Asked:
    """One state of the page: a scenario and the settings laid over it, texts as for `--set`.

    `product` and `region` are what is looked at, "" for what moves most; `minerals` the ones to compute, none for that
    of `product`. `ticket` counts a client's requests: a later one supersedes. `against` is a second state to put beside
    this one: its scenario and settings, looked at in the same way. `figures` are those to draw, all if there are none.
    """

    scenario: str
    settings: Mapping[str, str]
    product: str = ""
    region: str = ""
    everything: bool = False
    draws: int = 50
    months: int = 60
    client: str = "page"
    ticket: int = 0
    against: Asked | None = None
    figures: tuple[str, ...] = ()

    @property
    def overrides(self) -> tuple[str, ...]:
        """The settings as `PATH=VALUE`: what is left out first, then whole entities, then their fields."""
        ranked = sorted(self.settings.items(), key=lambda item: (item[0] != "remove", not is_structure(item[0])))
        return tuple(f"{path}={value}" for path, value in ranked)

    @property
    def structure(self) -> Asked:
        """The same without the values that sliders move: what decides which sliders there are."""
        return replace(self, settings={path: v for path, v in self.settings.items() if is_structure(path)})


def is_structure(path: str) -> bool:
    """Whether a setting adds an event or contract, leaves some out, or says who is looked at."""
    section, _, rest = path.partition(".")
    return path in LISTS or (section in ENTITIES and "." not in rest)


def read(body: bytes) -> Asked:
    """The request in a JSON body. Raises `InputError` for what is not one, or asks for more than is allowed."""
    try:
        found = json.loads(body)
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise InputError("the request holds half a character (a lone surrogate)") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"the request is not JSON: {str(error)[:200]}") from None
    if not isinstance(found, dict):
        raise InputError("the request is not a JSON object")
    unknown = sorted(set(found) - set(Asked.__dataclass_fields__))
    if unknown:
        raise InputError(f"the request has no field '{unknown[0][:40]}'")
    return Asked(
        scenario=_text(found, "scenario", LONGEST_NAME),
        settings=_settings(found.get("settings", {})),
        product=_text(found, "product", LONGEST_NAME, ""),
        region=_text(found, "region", LONGEST_NAME, ""),
        everything=found.get("everything", False) is True,
        draws=_whole(found, "draws", 50, 2, MOST_DRAWS),
        months=_whole(found, "months", 60, 12, MOST_MONTHS),
        client=_client(found),
        ticket=_whole(found, "ticket", 0, 0, 2**53),
        against=_against(found),
        figures=_figures(found),
    )


def _figures(found: Mapping[str, Any]) -> tuple[str, ...]:
    names = found.get("figures", [])
    if not isinstance(names, list) or not all(isinstance(name, str) and name in FIGURES for name in names):
        raise InputError(f"figures must be a list of {', '.join(FIGURES)}")
    return tuple(names)


def _against(found: Mapping[str, Any]) -> Asked | None:
    other = found.get("against")
    if other is None:
        return None
    if not isinstance(other, dict) or not set(other) <= {"scenario", "settings"}:
        raise InputError("against must be a map of a scenario and its settings")
    return Asked(
        scenario=_text(other, "scenario", LONGEST_NAME),
        settings=_settings(other.get("settings", {})),
        draws=_whole(found, "draws", 50, 2, MOST_DRAWS),
        months=_whole(found, "months", 60, 12, MOST_MONTHS),
        client=_client(found),
        ticket=_whole(found, "ticket", 0, 0, 2**53),
    )


def _text(found: Mapping[str, Any], name: str, longest: int, default: str | None = None) -> str:
    value = found.get(name, default)
    if not isinstance(value, str) or len(value) > longest:
        raise InputError(f"{name} must be a text of at most {longest} characters")
    return value


def _whole(found: Mapping[str, Any], name: str, default: int, low: int, high: int) -> int:
    value = found.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InputError(f"{name} must be a whole number from {low} to {high}")
    return value


def _client(found: Mapping[str, Any]) -> str:
    name = _text(found, "client", 40, "page")
    if not _CLIENT.match(name):
        raise InputError("client must be a word")
    return name


def _settings(found: object) -> dict[str, str]:
    if not isinstance(found, dict):
        raise InputError("settings must be a map of paths and values")
    if len(found) > MOST_SETTINGS:
        raise InputError(f"{len(found)} settings; at most {MOST_SETTINGS}")
    for path, value in found.items():
        section, dot, _ = path.partition(".")
        if not _PATH.match(path) or not (section in SETTABLE if dot else path in LISTS):
            told = ", ".join((*SETTABLE, *LISTS))
            raise InputError(Fault(f"the page can change {told} only", place="--set", path=path[:80]))
        longest = LONGEST_ENTITY if is_structure(path) else LONGEST_VALUE
        if not isinstance(value, str) or not value or len(value) > longest or not value.isprintable():
            raise InputError(Fault(f"must be a text of 1 to {longest} characters", place="--set", path=path))
    return found
