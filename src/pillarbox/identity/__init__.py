"""Verification, the DNS records we ask for, the authoritative DNS answers we give."""
