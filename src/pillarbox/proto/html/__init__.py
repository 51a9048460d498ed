"""HTML as far as links need it."""
