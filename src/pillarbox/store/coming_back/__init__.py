"""What comes back: reports, feedback to forward, reputation."""
