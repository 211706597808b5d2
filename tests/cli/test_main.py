"""The command line as a whole: quick to start, helpful, honest exit codes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from supplysim.cli import COMMANDS, HELP, main
from supplysim.errors import RunError


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


@pytest.mark.parametrize(("error", "code", "said"), [
    (KeyboardInterrupt(), 130, "\nInterrupted.\n"),
    (RunError("the market of copper has no price"), 1, "The run failed: the market of copper has no price\n"),
    (MemoryError(), 1, "The run failed: not enough memory.\n"),
    (MemoryError("Unable to allocate 9 GiB"), 1, "The run failed: not enough memory. Unable to allocate 9 GiB\n"),
    (ImportError("libopenblas.so: failed to map segment from shared object"), 1,
     "The run failed: not enough memory. libopenblas.so: failed to map segment from shared object\n"),
    (ModuleNotFoundError("No module named 'distributed.core'", name="distributed.core"), 2,
     "this needs distributed.core, which is not installed: pip install 'supplysim[cluster]'\n"),
])  # fmt: skip
def test_what_ends_a_command_is_one_line_and_an_exit_code(supplysim, halt, monkeypatch, error, code, said):
    def ended(*_):
        raise error

    monkeypatch.setattr("supplysim.scenario.load", ended)
    done = supplysim("run", halt, expect=code)
    assert (done.stdout, done.stderr) == ("", said)


@pytest.mark.parametrize("error", [ModuleNotFoundError(name="no_such"), ImportError("circular"), ZeroDivisionError()])
def test_a_mistake_of_ours_is_not_dressed_up_as_one_of_the_users(monkeypatch, halt, error):
    def ended(*_):
        raise error

    monkeypatch.setattr("supplysim.scenario.load", ended)
    with pytest.raises(type(error)):
        main(["run", str(halt)])


def test_who_stops_reading_ends_a_command_without_a_word():
    """As `supplysim data --sources | head -1` does."""
    words = [sys.executable, "-m", "supplysim", "data", "--sources"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as done:
        assert done.stdout
        assert done.stderr
        done.stdout.readline()
        done.stdout.close()
        told = done.stderr.read()
    assert (done.returncode, told) == (0, b"")
