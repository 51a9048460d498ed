"""Configuration sets: their options and where their events go."""
