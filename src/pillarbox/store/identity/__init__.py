"""Identities, their DKIM keys and what was found of their records."""
