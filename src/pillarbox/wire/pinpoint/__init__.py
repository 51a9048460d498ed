"""Pinpoint Email v1: what differs from SES v2."""
