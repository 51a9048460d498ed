"""`pillarbox send`: a quick test mail, through the same door as every other."""

from pathlib import Path

import click

from pillarbox.base.clock import now_ms
from pillarbox.base.errors import ApiError
from pillarbox.cli.options import deployment, settings_options


@click.command()
@settings_options
@click.option("--from", "sender", required=True, help="An address of a verified identity.")
@click.option("--to", "recipients", required=True, multiple=True, help="Can be repeated.")
@click.option("--subject", default="A test from Pillarbox", show_default=True)
@click.option("--text", default="It works.", show_default=True)
@click.option("--html", help="An HTML body besides.")
@click.option("--account", help="The account's id. [default: the default account]")
def send(
    config: Path | None,
    data: Path | None,
    sender: str,
    recipients: tuple[str, ...],
    subject: str,
    text: str,
    html: str | None,
    account: str | None,
) -> None:
    """Queue a test mail and print its message id; a running service on the same store delivers it.

    \b
    Example:
      pillarbox send --from me@example.com --to you@example.org
    """
    from pillarbox.accept.prepare import prepare
    from pillarbox.app.policies import new_acceptance, new_stamp
    from pillarbox.manage.deployment import DEFAULT_ACCOUNT
    from pillarbox.model.credentials import Caller
    from pillarbox.model.send import SendRequest, SimpleContent, Text

    content = SimpleContent(
        subject=Text(subject), text=Text(text), html=Text(html) if html else None
    )
    caller = Caller(
        account_id=account or DEFAULT_ACCOUNT, access_key_id="command-line", source_ip="127.0.0.1"
    )
    request = SendRequest(caller=caller, content=content, from_address=sender, to=recipients)
    with deployment(config, data) as opened:
        prepared = prepare(request, new_stamp(opened.settings, now_ms()))
        (result,) = new_acceptance(opened.settings, "command-line").accept_batch(
            opened.conn, [prepared]
        )
        if isinstance(result, ApiError):
            raise result
    click.echo(result)
