"""Builds the compiled month into the wheel, or beside its source for an editable install, where a compiler is found."""

from __future__ import annotations

import sysconfig
import tempfile
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledMonth(BuildHookInterface[Any]):
    """Without a compiler the wheel is pure Python, and NumPy does all the work."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and hand the libraries to the wheel."""
        native = _native(Path(self.root))
        if version == "editable":
            made = native.build()
        else:
            self.scratch = tempfile.TemporaryDirectory()
            made = native.build(Path(self.scratch.name))
            for path in made:
                build_data["force_include"][str(path)] = f"supplysim/engine/native/{path.name}"
            if made:
                platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
                build_data["pure_python"], build_data["tag"] = False, f"py3-none-{platform}"
        self.app.display_info(
            f"compiled engine: {len(made)} builds" if made else "no C++ compiler: the engine is NumPy alone"
        )


def _native(root: Path) -> ModuleType:
    path = root / "src/supplysim/engine/native/build.py"
    loader = SourceFileLoader("supplysim_native_build", str(path))
    module = ModuleType(loader.name)
    module.__file__ = str(path)
    loader.exec_module(module)
    return module
