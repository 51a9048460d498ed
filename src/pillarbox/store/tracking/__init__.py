"""Tracking: hosts, keys, settings, and messages whose opens and clicks are recorded."""
