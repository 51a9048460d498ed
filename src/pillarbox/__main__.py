"""`python -m pillarbox`: the command line."""

from pillarbox.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
