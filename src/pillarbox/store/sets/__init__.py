"""Configuration sets, and what `accept` has to know of a sender's set-up."""
