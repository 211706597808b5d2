"""No text, however ill meant, hangs, costs more than half a gigabyte, or ends in a traceback."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from supplysim.errors import InputError
from supplysim.scenario import load

ALIAS_BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 10)}]\n" for i in range(12)
)
MERGE_BOMB = "a: &a {x: 1}\n" + "".join(f"k{i}: &k{i} {{<<: [*a, *a, *a]}}\n" for i in range(2000))
SEXAGESIMAL = "format: 1\ntitle: t\ndraws: " + ":".join(["59"] * 5_000) + "\n"
BOMBS = {
    "alias bomb": (ALIAS_BOMB, "anchors"),
    "merge bomb": (MERGE_BOMB, "anchors"),
    "merge key": ("format: 1\n<<: {title: t}\n", "merge keys"),
    "sexagesimal bomb": (SEXAGESIMAL, "a number of"),
    "two million digits": ("draws: " + "9" * 2_000_000, "characters"),
    "five thousand digits": ("draws: " + "9" * 5_000, "a number of 5,000 characters"),
    "five thousand lists": ("draws: " + "[" * 5_000 + "]" * 5_000, "nested deeper"),
    "five thousand maps": ("draws: " + "{a: " * 5_000, "nested deeper"),
    "half a million values": ("draws: [" + "1," * 500_000 + "]", "more than 200,000 values"),
}
REFUSED = {
    "a dot bomb": ("title" + ".x" * 400 + ": 1\n", "not a dotted path"),
    "a python object": ("title: !!python/object/apply:os.system ['true']\n", "tags"),
    "two documents": ("title: a\n---\ntitle: b\n", "second document"),
    "a control character": ("title: a\x00b\n", "s.yaml:1:9: a control character (U+0000)"),
    "a tab": ("model:\n\tgrowth: on\n", "tabs"),
    "a bar in a name": ("events:\n  a|b: {kind: outage}\n", "s.yaml:2:3: 'a|b' has a '|'"),
    "a name that nobody sees": ('events: {"a\\u202eb": {kind: outage}}\n', "'a\\u202eb' has"),
    "a space that is none": ("title\u00a0: x\n", "'title\\xa0' has"),
    "a complex key": ("? [a, b]\n: 1\n", "a key must be"),
    "an endless exponent": ("format: 1\ntitle: t\nmodel.price_ceiling: 1e999999999\n", "too large"),
    "not a map": ("- a\n- b\n", "a map of sections"),
    "only text": ("hello", "a map of sections"),
    "nothing": ("", "is empty"),
    "only comments": ("# nothing\n", "is empty"),
}
PROGRAM = """
import sys
from supplysim.errors import InputError
from supplysim.scenario import load
try:
    load(sys.argv[1])
except InputError as error:
    print(error)
    sys.exit(2)
"""


MEMORY = 500_000_000
"""Bytes."""
HANG = 120
"""Seconds of CPU that only a hang or an explosion takes: the worst of these texts takes two or three."""


def _limits() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (HANG, HANG))


def _refusal(path: Path) -> str:
    environment = {"OPENBLAS_NUM_THREADS": "1", "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path)],
        capture_output=True, text=True, timeout=10 * HANG, preexec_fn=_limits, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.mark.parametrize("name", BOMBS)
def test_a_hostile_text_is_refused_within_bounds(name: str, tmp_path: Path) -> None:
    text, words = BOMBS[name]
    path = tmp_path / "s.yaml"
    path.write_text(text, encoding="utf-8")

    assert words in _refusal(path)


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_language_has_not_is_refused(name: str, tmp_path: Path) -> None:
    text, words = REFUSED[name]
    path = tmp_path / "s.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(InputError, match=re.escape(words)):
        load(path)


def test_a_file_of_fifty_megabytes_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    with path.open("wb") as file:
        file.truncate(50_000_000)

    assert "larger than 4 MB" in _refusal(path)


def test_a_file_of_comments_just_below_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("#" * 79 + "\n" + ("#" * 79 + "\n") * 49_000, encoding="utf-8")

    assert "is empty" in _refusal(path)


def test_what_is_no_text_file_is_named(tmp_path: Path) -> None:
    binary = tmp_path / "s.yaml"
    binary.write_bytes(b"title: \xff\xfe\n")
    circle = tmp_path / "circle.yaml"
    circle.symlink_to(circle)

    for path, words in (
        (binary, "s.yaml:1:8: not UTF-8"),
        (tmp_path, "is a directory"),
        (tmp_path / "missing.yaml", "no such file"),
        (Path("/dev/zero"), "not a regular file"),
        (circle, "no such file"),
        (tmp_path / ("x" * 300 + ".yaml"), r"cannot be read \(File name too long\)"),
        (Path("x" * 300), "is neither a file nor a shipped scenario"),
    ):
        with pytest.raises(InputError, match=words):
            load(path)
