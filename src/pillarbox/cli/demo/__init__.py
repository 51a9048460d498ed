"""`pillarbox demo`: the whole story on loopback, with real peers that are not our code.

`steps.py` is the story; `service.py`, `dns_server.py` and `receiver.py` are its world;
`checks.py` looks at what was received from outside. The peers come from requirements/demo.txt.
"""

import sys

import click

from pillarbox.base.errors import PillarboxError

_NEEDS = (
    "the demo needs its peers besides ({}): make setup, or pip install -r requirements/demo.txt"
)


@click.command()
@click.option("--keep", is_flag=True, help="Leave settings, data and log in place; say where.")
def demo(*, keep: bool) -> None:
    """Show the whole way of a message on this machine, and end.

    Starts a service, a DNS server and a receiving mail server on loopback; verifies a domain, sends
    two messages with boto3, and verifies what was received with dkimpy. Nothing leaves the machine,
    and nothing is left behind without --keep. Exit code 0 when every step worked.

    \b
    Example:
      pillarbox demo
    """
    try:
        from pillarbox.cli.demo.steps import tell
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("pillarbox"):
            raise
        raise PillarboxError(_NEEDS.format(error.name)) from error
    sys.exit(tell(keep=keep))
