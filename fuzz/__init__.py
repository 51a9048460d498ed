"""Every parser of outside bytes, against what always holds: `python -m fuzz [TARGET]`."""
