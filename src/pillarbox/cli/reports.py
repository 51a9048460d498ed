"""`pillarbox reports`: bounces and complaints that came by mail and proved nothing."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pillarbox.base.clock import iso8601
from pillarbox.cli.options import deployment, json_option, print_json, settings_options

if TYPE_CHECKING:
    from pillarbox.manage.seen.kept_reports import ShownReport


@click.group()
def reports() -> None:
    """Look at bounces and complaints that changed nothing, for want of a signature of ours."""


@reports.command("list")
@settings_options
@json_option
@click.option("--after", metavar="ID", help="Only those that came before this one.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
def list_command(
    config: Path | None, data: Path | None, after: str | None, limit: int, *, as_json: bool
) -> None:
    """List them, the newest first, with what they claim. None of it is believed."""
    from pillarbox.manage.seen.kept_reports import list_reports

    with deployment(config, data) as opened:
        found = list_reports(opened.conn, after=after, limit=limit)
    if as_json:
        print_json([_as_json(one) for one in found])
        return
    for one in found:
        report, claims = one.report, one.report.claims
        about = ", ".join(claims.recipients) or "nobody named"
        detail = claims.feedback_type or claims.diagnostic or claims.status or ""
        click.echo(f"{one.id}  {iso8601(one.received_at)}  {report.kind:9}  {about}  {detail}")
    if not found:
        click.echo("No report is kept.")


@reports.command()
@settings_options
@json_option
@click.option("--raw", is_flag=True, help="Only the mail itself, as far as it is kept.")
@click.argument("report_id", metavar="ID")
def show(
    config: Path | None, data: Path | None, report_id: str, *, raw: bool, as_json: bool
) -> None:
    """Show one: its envelope, what it claims, and the mail itself, up to 64 KiB of it."""
    from pillarbox.manage.seen.kept_reports import show_report

    with deployment(config, data) as opened:
        found = show_report(opened.conn, report_id)
    content = found.report.content
    if raw:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    shown = _as_json(found)
    text = content.decode("utf-8", "replace")
    if as_json:
        print_json({**shown, "content": text})
        return
    for name, value in shown.items():
        if value:
            click.echo(f"{name:15} {', '.join(value) if isinstance(value, list) else value}")
    click.echo("")
    click.echo("".join(one if one.isprintable() or one in "\n\t" else " " for one in text))


def _as_json(shown: "ShownReport") -> dict[str, Any]:
    report, claims = shown.report, shown.report.claims
    return {
        "id": shown.id,
        "received_at": iso8601(shown.received_at),
        "kind": report.kind,
        "sender": report.sender,
        "sent_to": list(report.sent_to),
        "recipients": list(claims.recipients),
        "status": claims.status,
        "diagnostic": claims.diagnostic,
        "reporting_mta": claims.reporting_mta,
        "feedback_type": claims.feedback_type,
        "message_id": claims.message_id,
        "size": report.size,
    }
