"""Fuzz targets: every parser of outside bytes, with what always holds for it."""
