"""The batch room: sampling, blocks of draws, and sweeps that survive anything."""
