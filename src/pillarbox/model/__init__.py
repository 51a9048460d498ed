"""Frozen values of the domain; imports nothing of ours, does no I/O, reads no clock."""
