"""`pillarbox queue`: what waits for delivery, and what the operator does about it."""

import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pillarbox.base.clock import iso8601, now_ms
from pillarbox.base.ids import row_id_of
from pillarbox.cli.attempt_lines import attempt_lines
from pillarbox.cli.options import (
    json_option,
    note_change,
    open_store,
    print_json,
    settings_options,
)
from pillarbox.model.queue_filter import LaneInQueue, QueueFilter, RecipientInQueue

if TYPE_CHECKING:
    from pillarbox.manage.seen.queue import Change

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@click.group()
def queue() -> None:
    """See what waits for delivery; try it now, set it aside, give it up."""


def _filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose recipients."""
    for option in (
        click.option("--message", metavar="ID", help="Of this message."),
        click.option("--older-than", metavar="TIME", help="Accepted so long ago: 30m, 2h, 3d."),
        click.option("--set", "configuration_set", metavar="NAME", help="Of a configuration set."),
        click.option("--account", metavar="ID", help="Of an account."),
        click.option("--domain", help="To this domain."),
    ):
        command = option(command)
    return command


@queue.command("list")
@settings_options
@json_option
@_filter_options
@click.option("--held", is_flag=True, help="What is set aside, not what waits.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="Lines.")
def list_command(
    config: Path | None, data: Path | None, *, held: bool, limit: int, as_json: bool, **given: Any
) -> None:
    """Count what waits, by destination and account, the most first."""
    from pillarbox.manage.seen.queue import list_lanes

    chosen = _chosen(given)
    with open_store(config, data) as opened, opened.store.transaction() as conn:
        found = list_lanes(conn, chosen, held=held)
    if as_json:
        print_json([asdict(one) for one in found[:limit]])
        return
    for one in found[:limit]:
        click.echo(_lane_line(one))
    total = sum(one.recipients for one in found)
    click.echo(f"{total} recipients for {len(found)} destinations" if found else "Nothing waits.")


@queue.command()
@settings_options
@json_option
@click.argument("message_id", metavar="ID")
def show(config: Path | None, data: Path | None, message_id: str, *, as_json: bool) -> None:
    """Show what became of each recipient of a message, with every attempt."""
    from pillarbox.manage.seen.attempts import list_attempts
    from pillarbox.manage.seen.queue import show_message

    row_id = _row_id(message_id)
    with open_store(config, data) as opened, opened.store.transaction() as conn:
        found = show_message(conn, row_id)
        tried = list_attempts(conn, row_id)
    if found is None:
        raise click.ClickException(f"message {message_id} is not kept here")
    recipients = [asdict(one) for one in found.recipients]
    if as_json:
        attempts = [asdict(one) for one in tried]
        print_json({"message_id": message_id, "recipients": recipients, "attempts": attempts})
        return
    message = found.message
    click.echo(f"From      {message.source}")
    click.echo(f"Subject   {message.subject or ''}")
    click.echo(f"Accepted  {iso8601(message.created_at)}, {message.size} bytes")
    click.echo(f"Tried     until {iso8601(message.deadline)}")
    for one in found.recipients:
        click.echo(_recipient_line(one))
        for attempt in tried:
            if attempt.recipient == one.address:
                click.echo("\n".join(attempt_lines(attempt)))


@queue.command()
@settings_options
@_filter_options
def retry(config: Path | None, data: Path | None, **given: Any) -> None:
    """Try recipients that wait for their next attempt at once."""
    from pillarbox.manage.seen.queue import retry_portion

    _change(config, data, given, retry_portion, "due now")


@queue.command()
@settings_options
@_filter_options
def hold(config: Path | None, data: Path | None, **given: Any) -> None:
    """Set recipients aside until they are released; mail accepted later is not held."""
    from pillarbox.manage.seen.queue import hold_portion

    _change(config, data, given, hold_portion, "held")


@queue.command()
@settings_options
@_filter_options
def release(config: Path | None, data: Path | None, **given: Any) -> None:
    """Put held recipients back into the queue."""
    from pillarbox.manage.seen.queue import release_portion

    _change(config, data, given, release_portion, "released")


@queue.command()
@settings_options
@_filter_options
@click.option("--all", "everything", is_flag=True, help="Everything that waits.")
@click.option("--yes", is_flag=True, help="Don't ask.")
def cancel(
    config: Path | None, data: Path | None, *, everything: bool, yes: bool, **given: Any
) -> None:
    """Give recipients up for good: they are not tried again, and no event tells of it."""
    from pillarbox.manage.seen.queue import cancel_portion

    if _chosen(given).everything and not everything:
        raise click.UsageError("Say what to cancel, or --all for everything that waits.")
    if not yes:
        click.confirm("Cancelled mail can't be brought back. Cancel it?", abort=True)
    _change(config, data, given, cancel_portion, "cancelled")


def _change(
    config: Path | None, data: Path | None, given: dict[str, Any], change: "Change", done: str
) -> None:
    """Change the chosen recipients portion by portion, and say how many there were.

    The audit log has it after the last portion.
    """
    from pillarbox.manage.seen.queue import count_in_flight

    chosen, total = _chosen(given), 0
    with open_store(config, data) as opened:
        while True:
            with opened.store.transaction() as conn:
                changed = change(conn, chosen, now_ms())
            if not changed:
                break
            total += changed
            click.echo(f"{total} ...", err=True)
        with opened.store.transaction() as conn:
            busy = count_in_flight(conn, chosen)
            if total:
                action = f"queue.{change.__name__.removesuffix('_portion')}"
                subject = chosen.domain or given["message"] or "all"
                note_change(conn, action, subject, chosen.account_id, recipients=total)
    click.echo(f"{total} recipients {done}")
    if busy:
        click.echo(f"{busy} are being delivered right now and were left alone")


def _chosen(given: dict[str, Any]) -> QueueFilter:
    older, message, domain = given["older_than"], given["message"], given["domain"]
    return QueueFilter(
        domain=domain.lower().rstrip(".") if domain else None,
        account_id=given["account"],
        configuration_set=given["configuration_set"],
        before=now_ms() - _span_ms(older) if older else None,
        message_id=_row_id(message) if message else None,
    )


def _span_ms(text: str) -> int:
    match = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if match is None:
        raise click.BadParameter(f"{text} is no time span; write 90s, 30m, 2h or 3d.")
    return int(match[1]) * _UNITS[match[2]] * 1000


def _row_id(message_id: str) -> bytes:
    found = row_id_of(message_id)
    if found is None:
        raise click.BadParameter(f"{message_id} is no message id.")
    return found


def _lane_line(one: LaneInQueue) -> str:
    due = "due now" if one.next_due <= now_ms() else f"next try {iso8601(one.next_due)}"
    busy = f", {one.in_flight} in delivery" if one.in_flight else ""
    mail = f" set {one.configuration_set}" if one.configuration_set else ""
    mail += f" pool {one.pool}" if one.pool else ""
    return f"{one.recipients:>9}  {one.domain:40} account {one.account_id}{mail}  {due}{busy}"


def _recipient_line(one: RecipientInQueue) -> str:
    attempts = "1 attempt" if one.attempts == 1 else f"{one.attempts} attempts"
    when = f", next try {iso8601(one.due_at)}" if one.state == "queued" else ""
    if one.settled_at is not None and one.state != "queued":
        when = f" {iso8601(one.settled_at)}"
    reply = f": {one.last_reply}" if one.last_reply else ""
    return f"  {one.address}  {one.state}{when}, {attempts}{reply}"
