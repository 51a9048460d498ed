"""Bytes to values and back, one standard a file: no I/O, no clock, no randomness."""
