"""Stress of many cases at once: each subject a file, run by `python -m tests.stress SUBJECT`."""
