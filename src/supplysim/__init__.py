"""supplysim: who gets which critical mineral from whom when supply breaks and when new contracts are signed."""

__version__ = "0.1.0"
