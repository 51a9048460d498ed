"""Reputation and what follows from it."""
