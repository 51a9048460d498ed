"""`pillarbox demo`: the whole story on loopback, with real peers on both sides."""

import click


@click.command()
@click.option("--keep", is_flag=True, help="Leave the data directory in place and say where it is.")
def demo(*, keep: bool) -> None:
    """Send two messages through a real Pillarbox to a real mail server, and check what arrived.

    Starts a DNS server, a receiving mail server and a Pillarbox node on free ports of this machine,
    drives the node with boto3, and ends by itself. Exit code 1, and why, when any step fails.
    """
    from pillarbox.base.errors import PillarboxError

    try:
        from pillarbox.cli.demo.steps import run
    except ImportError as error:
        raise PillarboxError(f"the demo needs {error.name}: make setup") from error
    raise SystemExit(run(keep=keep))
