"""`python -m bench [NAME ...]`: run the named benches, or all, and print their tables."""

import sys
from collections.abc import Callable

from bench import (
    console_pages,
    control_plane,
    dead_domain,
    end_to_end,
    events,
    message_search,
    redirect,
    render,
    reports,
    reputation,
    smtp_end_to_end,
    smtp_receiving,
    templates,
)

BENCHES: dict[str, Callable[[], str]] = {
    "end_to_end": end_to_end.run,
    "smtp_end_to_end": smtp_end_to_end.run,
    "smtp_receiving": smtp_receiving.run,
    "render": render.run,
    "redirect": redirect.run,
    "control_plane": control_plane.run,
    "reports": reports.run,
    "reputation": reputation.run,
    "events": events.run,
    "dead_domain": dead_domain.run,
    "message_search": message_search.run,
    "console_pages": console_pages.run,
    "templates": templates.run,
}


def main(names: list[str]) -> int:
    """Run them one after the other; 2 when a name is unknown."""
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"no bench {', '.join(unknown)}; there are: {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    for name in names or BENCHES:
        print(BENCHES[name](), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
