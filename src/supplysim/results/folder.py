"""The run folder: files written whole or not at all, found again instead of computed again."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
import os
import platform
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from supplysim import __version__
from supplysim.errors import InputError
from supplysim.results.columns import stored, text_type
from supplysim.results.own import versions
from supplysim.scenario import Scenario, digest
from supplysim.world.digest import digest as world_digest

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

MANIFEST = "manifest.json"
ESSENTIAL: Mapping[str, type] = {
    "scenario": str, "title": str, "state": str, "run": str, "horizon": dict, "counts": dict, "versions": dict,
}  # fmt: skip
OF_SWEEP: Mapping[str, type] = {"cells": list, "files": dict}
"""What every manifest says, and what that of a sweep says beside it."""
FEW = 64
"""Rows below which it takes longer to compress a column, and to say its least and most, than that can ever spare."""


def run_hash(scenario: Scenario, engine: str = "numpy", design: str = "") -> str:
    """SHA-256 of what decides a run's bytes: resolved inputs, the world's tables, the engine and its version, the
    digest of an own design where there is one, and the packages that metrics come from.

    Both engines solve the same equations to the same tolerance, yet not to the last bit, so their runs are two.
    """
    parts = (digest(scenario), world_digest(scenario.world), __version__, *([] if engine == "numpy" else [engine]),
             *([design] if design else []), *versions())  # fmt: skip
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def run_folder(results: Path, scenario: Scenario, engine: str = "numpy", design: str = "") -> Path:
    """Where a scenario's run lives: `results/<scenario>/<first 12 hex of the run hash>`."""
    return results / scenario.name / run_hash(scenario, engine, design)[:12]


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file by temporary file, fsync and rename, so that it is there whole or not at all.

    Raises `InputError` naming the folder when it cannot be written (read-only, full disk).
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(temporary)
        with temporary.open("rb") as handle:
            os.fsync(handle.fileno())
        temporary.replace(path)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def reading(path: Path) -> Iterator[Path]:
    """A file of a run while it is read. Raises `InputError` where it is not there, or not as it was written."""
    if not path.is_file():
        raise InputError(f"{path.parent} is not the folder of a finished run: it has no {path.name}")
    try:
        yield path
    except (OSError, ValueError, KeyError, IndexError, NotImplementedError, csv.Error) as error:
        raise InputError(f"{path} is damaged: {(str(error) or type(error).__name__).splitlines()[0]}") from None


def holds(path: Path, digest: str) -> bool:
    """Whether a file is there and has that SHA-256."""
    return path.is_file() and sha256_of(path) == digest


def sha256_of(path: Path) -> str:
    """SHA-256 of a file. Raises `OSError` where it cannot be read."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def write_text(path: Path, text: str) -> None:
    """`write_whole` for a text."""
    write_whole(path, lambda target: target.write_text(text, encoding="utf-8"))


def encodings(schema: pa.Schema) -> dict[str, list[str]]:
    """How Parquet holds columns: numbers as split streams of their bytes, all others by dictionaries."""
    import pyarrow as pa

    split = {field.name: pa.types.is_floating(field.type) for field in schema}
    return {
        "use_byte_stream_split": [name for name, number in split.items() if number],
        "use_dictionary": [name for name, number in split.items() if not number],
    }


def write_parquet(
    path: Path, found: pd.DataFrame | pa.Table, about: Mapping[str, str] | None = None,
    meaning: Callable[[str], Mapping[str, str]] | None = None,
) -> None:  # fmt: skip
    """`write_whole` for a table: Parquet with zstd and byte-stream split, the same bytes for the same table. Columns of
    names, held as dictionaries, are texts in the file.

    `about` goes into the metadata of its schema, what `meaning` says of a column into that of its field.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = found if isinstance(found, pa.Table) else pa.Table.from_pandas(found, preserve_index=False)
    said = {field.name: dict(meaning(field.name)) if meaning else None for field in table.schema}
    fields = [pa.field(f.name, text_type(f.type), metadata=said[f.name]) for f in table.schema]
    schema = pa.schema(fields, metadata=dict(about) if about else None)
    few = len(table) < FEW

    def write(target: Path) -> None:
        with pq.ParquetWriter(
            target, table.schema, compression="none" if few else "zstd", write_statistics=not few, store_schema=False,
            **encodings(schema),
        ) as writer:  # fmt: skip
            writer.write_table(table)
            writer.add_key_value_metadata({**(about or {}), **stored(schema)})

    write_whole(path, write)


def manifest_of(
    scenario: Scenario, command: str, counts: Mapping[str, int], state: str, engine: str = "numpy", design: str = ""
) -> dict[str, object]:
    """What a run was made from and with.

    Equal runs have equal manifests but for `finished`, `host`, `command` and `check`.
    """
    return {
        "scenario": scenario.name,
        "title": scenario.title,
        **(
            {"departs": {"from": scenario.departs[0], "values": list(scenario.departs[1])}}
            if scenario.departs[1]
            else {}
        ),
        "state": state,
        "run": run_hash(scenario, engine, design),
        "engine": engine,
        **({"design": design} if design else {}),
        "inputs": {"scenario": digest(scenario), "world": world_digest(scenario.world)},
        "horizon": {"start": month_name(scenario.start), "months": scenario.months},
        "draws": scenario.draws,
        "seed": scenario.seed,
        "sampler": scenario.sampler,
        "command": command,
        "counts": dict(counts),
        "versions": {
            "supplysim": __version__,
            "python": platform.python_version(),
            **_versions(),
        },
    }


@cache
def _versions() -> dict[str, str]:
    """Versions of the packages that a run's numbers and files come from, which need not be imported for it."""
    return {name: version(name) for name in ("numpy", "scipy", "pandas", "pyarrow")}


def month_name(month: int) -> str:
    """A month since 0000-01 as YYYY-MM."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a run folder. Raises `InputError` if there is none or it cannot be read."""
    path = folder / MANIFEST
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise ValueError("it is no map")
        wanted = {**ESSENTIAL, **(OF_SWEEP if found.get("kind") == "sweep" else {})}
        if lacking := [name for name, kind in wanted.items() if not isinstance(found.get(name), kind)]:
            raise ValueError(f"it says no {', '.join(lacking)}")
        return found
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{folder} is not the folder of a run: it has no {MANIFEST}") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is not the manifest of a run: {error}") from None


def write_manifest(folder: Path, manifest: dict[str, object]) -> None:
    """Write a run's manifest with the time and machine it was finished on."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    document: dict[str, object] = {**manifest, "finished": now, "host": platform.machine()}
    document["check"] = _check(document)
    write_text(folder / MANIFEST, json.dumps(document, indent=2) + "\n")


def is_whole(manifest: Mapping[str, Any]) -> bool:
    """Whether a manifest is the one that was written: its `check` is the SHA-256 of all the rest."""
    return manifest.get("check") == _check({key: value for key, value in manifest.items() if key != "check"})


def _check(manifest: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
