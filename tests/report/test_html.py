"""Small pieces of HTML."""

from __future__ import annotations

from base64 import b85encode

import pytest

from supplysim.report.html import base85


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 255, 1024])
def test_base_85_is_pythons(size: int) -> None:
    content = bytes((7 * k * k + 3) % 256 for k in range(size))
    assert base85(content) == b85encode(content).decode()
    assert base85(bytes(size)) == b85encode(bytes(size)).decode()
    assert base85(b"\xff" * size) == b85encode(b"\xff" * size).decode()
