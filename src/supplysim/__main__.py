"""`python -m supplysim` is the command line."""

from supplysim.cli import main

main()
