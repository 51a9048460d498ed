"""Identities: made, verified, signed for, listed."""
