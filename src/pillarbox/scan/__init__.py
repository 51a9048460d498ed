"""Content checks: a message is shown to a scanner once, before any recipient's copy is made."""
