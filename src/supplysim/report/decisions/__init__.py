"""Pages about decisions: what an answer hangs on, in which futures it goes wrong. Each begins with its sentence."""
