"""The command line as a whole: quick to start, helpful, honest exit codes."""

from __future__ import annotations

import subprocess
import sys

from supplysim.cli import COMMANDS, HELP


def test_help_names_every_command_and_loads_nothing_heavy():
    code = (
        "import sys\nfrom supplysim.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit as stop: assert not stop.code\n"
        "heavy = {'pandas', 'scipy', 'scipy.stats', 'numpy', 'dask', 'pydantic', 'plotly'} & set(sys.modules)\n"
        "print('HEAVY', sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "HEAVY []" in done.stdout
    for name in COMMANDS:
        assert f"  {name} " in done.stdout


def test_every_command_has_its_line_and_its_own_help_with_an_example(supplysim):
    assert set(COMMANDS) == set(HELP)
    for name in ("run", "data"):
        text = supplysim(name, "--help").stdout
        assert "Examples:" in text
        assert f"supplysim {name}" in text


def test_bytes_that_are_no_text_are_told(supplysim):
    said = supplysim("run", b"caf\xe9.yaml".decode(errors="surrogateescape"), expect=2).stderr
    assert said.startswith("'caf\\xe9.yaml' is no UTF-8 text; rename the file or folder\n")


def test_the_version_is_that_of_the_package(supplysim):
    import supplysim as package

    assert package.__version__ in supplysim("--version").stdout
