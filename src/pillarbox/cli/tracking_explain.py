"""`pillarbox tracking explain`: why a message is tracked as it is."""

from dataclasses import asdict
from pathlib import Path

import click

from pillarbox.cli.options import (
    account_option,
    deployment,
    json_option,
    print_json,
    settings_options,
)


@click.command()
@settings_options
@account_option
@json_option
@click.argument("message_id")
def explain(
    config: Path | None, data: Path | None, account: str, message_id: str, *, as_json: bool
) -> None:
    """Say what was decided about a message when it was accepted, and why."""
    from pillarbox.manage.tracking.explanation import explain_tracking

    with deployment(config, data) as opened:
        plan = explain_tracking(opened.conn, account, message_id)
    if as_json:
        print_json(asdict(plan))
        return
    for name, base in (
        ("pixel", plan.pixel),
        ("links to http targets", plan.http_links),
        ("links to https targets", plan.https_links),
    ):
        click.echo(f"{name}: {base or 'untracked'}")
    if plan.anonymous:
        click.echo("recipients are not named")
    for reason in plan.reasons:
        click.echo(f"- {reason}")
