"""Adapters that translate and never decide."""
