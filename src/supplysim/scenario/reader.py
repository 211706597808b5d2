"""Reads YAML text into nodes that know their place, in bounded time and memory.

PyYAML's event stream is read one event at a time, so that a hostile file stops at the first limit it breaks: nothing
is constructed, and anchors, aliases, merge keys and tags, none of which the language has, are refused where they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path as FilePath
from typing import Any

import yaml

from supplysim.scenario.nodes import Branch, Entry, Node, Path, Scalar, Sequence
from supplysim.scenario.places import Document, Place, Report
from supplysim.scenario.scalars import ScalarError, read_scalar

LARGEST_FILE = 4_000_000
MOST_NODES = 200_000
DEEPEST = 24
LONGEST_SCALAR = 20_000
MOST_SEGMENTS = 12
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
QUOTING = ("'", '"', "|", ">")
_UNSPLIT = "sources"
COLUMN = "|"
"""What stands between the names in a column of results."""


_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
MOST_CONTROLS = 20
"""Characters that YAML does not allow; so many of them are told at once."""


class _StopError(Exception):
    """The rest of the document cannot be read; the fault is already in the report."""


def read_file(
    path: FilePath, name: str, layer: tuple[float, ...], report: Report, asked: Place | None = None
) -> Branch | None:
    """The tree of a file, or None with the reason in the report.

    What keeps the file from being read at all is blamed on the place that asked for it, if there is one.
    """
    text = _text_of(path, name, layer, report, asked)
    if text is None:
        return None
    return read_text(Document(name, text, layer), report)


def _text_of(path: FilePath, name: str, layer: tuple[float, ...], report: Report, asked: Place | None) -> str | None:
    problem, content = "", b""
    try:
        if path.is_dir():
            problem = "is a directory, not a scenario file"
        elif not path.exists():
            problem = "no such file"
        elif not path.is_file():
            problem = "is not a regular file"
        elif path.stat().st_size > LARGEST_FILE:
            problem = f"is larger than {LARGEST_FILE // 1_000_000} MB, the most a scenario may have"
        else:
            with path.open("rb") as file:
                content = file.read(LARGEST_FILE + 1)
                return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if not content.startswith((b"\xff\xfe", b"\xfe\xff")):
            document = Document(name, content.decode("utf-8-sig", errors="replace"), layer)
            place = document.place_at(len(content[: error.start].decode("utf-8-sig", errors="replace")))
            report.add(f"not UTF-8 text (byte 0x{content[error.start]:02X}); save the file as UTF-8", place)
            return None
        problem = "is UTF-16 text; save it as UTF-8"
    except (OSError, ValueError) as error:
        problem = f"cannot be read ({getattr(error, 'strerror', None) or error})"
    report.add(f"{name} {problem}" if asked else problem, asked or Place(Document(name, "", layer, "unread")),
               "extends" if asked else "")  # fmt: skip
    return None


def read_text(document: Document, report: Report) -> Branch | None:
    """The tree of a document that must be a map, or None with the reason in the report."""
    node = read_node(document, report)
    if node is None or isinstance(node, Branch):
        return node
    if isinstance(node, Scalar) and node.value is None:
        report.add("is empty", Place(document, 1, 1))
    else:
        report.add("a scenario is a map of sections (title:, horizon:, events:, ...)", node.place)
    return None


def read_node(document: Document, report: Report) -> Node | None:
    """The one node of a document, or None with the reason in the report."""
    start = Place(document, 1, 1)
    if unseen := list(islice(_CONTROL.finditer(document.text), MOST_CONTROLS)):
        for found in unseen:
            message = f"a control character (U+{ord(found[0]):04X}) is no text; take it out"
            report.add(message, document.place_at(found.start()))
        return None
    try:
        return _Reader(document, report).read()
    except _StopError:
        return None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = Place(document, mark.line + 1, mark.column + 1) if mark else start
        report.add(f"not YAML: {_reason(error, place)}", place)
    except RecursionError:
        report.add(f"nested deeper than {DEEPEST} levels", start)
    return None


def _reason(error: yaml.YAMLError, place: Place) -> str:
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
    if "alias" in str(reason) or "alias" in str(getattr(error, "context", "")):
        return "a value that begins with * needs quotes"
    if "\t" in place.source:
        return f"{reason} (indent with spaces, not with tabs)"
    return str(reason)


class _Reader:
    """Turns the events of one document into nodes."""

    def __init__(self, document: Document, report: Report) -> None:
        self.document = document
        self.report = report
        self.count = 0
        self.events: Iterator[Any] = iter(yaml.parse(document.text, Loader=_LOADER))

    def read(self) -> Node:
        next(self.events)  # the start of the stream
        event = next(self.events)
        if isinstance(event, yaml.StreamEndEvent):
            return Scalar(None, "", Place(self.document, 1, 1))
        node = self.node(next(self.events), 1, ())
        next(self.events)  # the end of the document
        following = next(self.events)
        if not isinstance(following, yaml.StreamEndEvent):
            self.stop("a second document in the same file; a scenario is one document", self.place(following))
        return node

    def place(self, event: Any) -> Place:
        return Place(self.document, event.start_mark.line + 1, event.start_mark.column + 1)

    def stop(self, message: str, place: Place) -> None:
        self.report.add(message, place)
        raise _StopError

    def node(self, event: Any, depth: int, path: Path) -> Node:
        place = self.place(event)
        self.count += 1
        if self.count > MOST_NODES:
            self.stop(f"more than {MOST_NODES:,} values in one file", place)
        if depth > DEEPEST:
            self.stop(f"nested deeper than {DEEPEST} levels", place)
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            self.stop(
                "anchors (&name) and aliases (*name) are not part of the language: use `extends`, "
                "and quotes around a value that begins with *",
                place,
            )
        if event.tag is not None and not (isinstance(event, yaml.ScalarEvent) and event.tag == "!"):
            self.stop(f"tags such as {event.tag[:40]} are not part of the language", place)
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event, place)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(place, depth, path)
        return self.branch(place, depth, path)

    def scalar(self, event: Any, place: Place) -> Scalar:
        text = event.value
        if len(text) > LONGEST_SCALAR:
            self.stop(f"a value of {len(text):,} characters; at most {LONGEST_SCALAR:,} are read", place)
        try:
            return Scalar(read_scalar(text, quoted=event.style in QUOTING), text, place)
        except ScalarError as error:
            self.report.add(str(error), place)
            return Scalar("", "", place)

    def sequence(self, place: Place, depth: int, path: Path) -> Sequence:
        items = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.node(event, depth + 1, path))
        return Sequence(tuple(items), place)

    def branch(self, place: Place, depth: int, path: Path) -> Branch:
        entries: dict[str, Entry] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.node(event, depth + 1, path)
            segments = self.segments(key, path)
            node = self.node(next(self.events), depth + 1, (*path, *segments))
            if segments:
                self.insert(entries, segments, Entry(key.place, node), path)
        return Branch(place, entries)

    def segments(self, key: Node, path: Path) -> Path:
        """The parts of a dotted key; none, with a fault, for a key that cannot be one."""
        if not isinstance(key, Scalar) or not key.text:
            self.report.add("a key must be a word or a dotted path", key.place)
            return ()
        if key.text == "<<":
            self.stop("merge keys (<<) are not part of the language: use `extends`", key.place)
        if path[:1] == (_UNSPLIT,):
            return (key.text,)
        if not key.text.isprintable() or COLUMN in key.text:
            name = key.text[:60].encode("unicode_escape").decode()
            self.report.add(f"'{name}' has a '{COLUMN}', or a character that cannot be seen: no name has", key.place)
            return ()
        parts = tuple(key.text.split("."))
        if len(parts) > MOST_SEGMENTS or not all(part and part == part.strip() for part in parts):
            self.report.add(f"'{key.text[:60]}' is not a dotted path", key.place)
            return ()
        return parts

    def insert(self, entries: dict[str, Entry], parts: Path, entry: Entry, path: Path) -> None:
        """Puts an entry where its dotted key says: dotted keys and nested maps mean the same, but nothing twice."""
        head, rest = parts[0], parts[1:]
        old = entries.get(head)
        if old is None and not rest:
            entries[head] = entry
            return
        if old is not None and not (isinstance(old.node, Branch) and (rest or old.implied)):
            self.duplicate((*path, *parts), old, entry)
            return
        place, node = (old.place, old.node) if old else (entry.place, Branch(entry.place))
        assert isinstance(node, Branch)  # noqa: S101 -- looked at above
        below = dict(node.entries)
        if rest:
            self.insert(below, rest, entry, (*path, head))
        elif isinstance(entry.node, Branch):
            for key, child in entry.node.entries.items():
                self.insert(below, (key,), child, (*path, head))
        else:
            self.duplicate((*path, *parts), Entry(place, node), entry)
        entries[head] = Entry(place, Branch(node.place, below), bool(rest) and (old is None or old.implied))

    def duplicate(self, path: Path, old: Entry, entry: Entry) -> None:
        self.report.add(f"is written twice, first in line {old.place.line}", entry.place, ".".join(path))
