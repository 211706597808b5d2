"""The assembly room: a checked scenario and a balanced world become the engine's arrays, a block of draws at a time."""

from supplysim.assembly.chain import Assembly, assemble, assemble_all, assemble_casts
from supplysim.assembly.inputs import Inputs

__all__ = ["Assembly", "Inputs", "assemble", "assemble_all", "assemble_casts"]
