"""`pillarbox events`: follow events, see what could not be published, publish it again."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from pillarbox.base.clock import iso8601, now_ms
from pillarbox.base.ids import row_id_of, uuid7_floor, uuid7_ms, uuid_text
from pillarbox.cli.options import (
    account_option,
    deployment,
    json_option,
    note_change,
    open_store,
    print_json,
    settings_options,
)
from pillarbox.model.event import API_TYPES

POLL_SECONDS = 0.5
PAGE = 500
#: Events get their ids before they are committed: this far back, later commits are looked for.
OVERLAP_MS = 10_000


@click.group()
def events() -> None:
    """Follow events as they happen; see and replay what destinations did not take."""


def _destination_option(command: Any) -> Any:
    return click.option(
        "--destination",
        metavar="WHERE",
        help="One destination: SET/NAME, a topic's webhook URL, or IDENTITY/KIND.",
    )(command)


@events.command()
@settings_options
@account_option
@json_option
@click.option("--message", metavar="ID", help="Events of this message alone, from its first one.")
@click.option("--type", "types", metavar="TYPE", multiple=True, help="Of this type: BOUNCE, OPEN …")
def tail(
    config: Path | None,
    data: Path | None,
    account: str,
    message: str | None,
    types: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """Print events as they happen, until Ctrl-C; with --json each as its record, one a line."""
    import msgspec

    chosen = [_type(one) for one in types]
    row_id = row_id_of(message) if message else None
    if message and row_id is None:
        raise click.BadParameter(f"{message} is no message id.")
    for event_id, record in _follow(config, data, account, row_id, chosen):
        if as_json:
            click.echo(msgspec.json.encode(record))
        else:
            click.echo(_line(event_id, record))


@events.command()
@settings_options
@json_option
@click.option("--account", metavar="ID", help="Of an account. [default: of all]")
@_destination_option
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="Lines.")
def dead(
    config: Path | None,
    data: Path | None,
    account: str | None,
    destination: str | None,
    limit: int,
    *,
    as_json: bool,
) -> None:
    """List events that destinations refused, or did not take in 3 days, the latest first."""
    from pillarbox.store.publishing.dead_letters import list_dead_letters

    with deployment(config, data) as opened:
        found = list_dead_letters(opened.conn, account, destination, limit)
    if as_json:
        print_json(
            [
                {
                    "event_id": uuid_text(one.event_id),
                    "destination": one.destination,
                    "account_id": one.account_id,
                    "type": one.type,
                    "attempts": one.attempts,
                    "died_at": iso8601(one.died_at),
                    "reason": one.reason,
                }
                for one in found
            ]
        )
        return
    for one in found:
        click.echo(
            f"{iso8601(one.died_at)}  {one.type:17}  {one.destination}  "
            f"after {one.attempts} attempts: {one.reason}"
        )
    if not found:
        click.echo("There are no dead letters.")


@events.command()
@settings_options
@click.option("--account", metavar="ID", help="Of an account. [default: of all]")
@_destination_option
def replay(
    config: Path | None, data: Path | None, account: str | None, destination: str | None
) -> None:
    """Publish dead letters again, with 3 new days; those of deleted destinations stay."""
    from pillarbox.store.publishing.dead_letters import replay_dead_letters

    total, portion = 0, PAGE
    with open_store(config, data) as opened:
        while portion == PAGE:
            with opened.store.transaction() as conn:
                portion = replay_dead_letters(conn, account, destination, now=now_ms(), limit=PAGE)
            total += portion
        if total:
            with opened.store.transaction() as conn:
                note_change(conn, "dead-letter.replay", destination or "all", account, events=total)
    click.echo(f"{total} events are published again")


def _follow(
    config: Path | None,
    data: Path | None,
    account: str,
    message_id: bytes | None,
    types: list[str],
) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Give events for ever: those of a message from its first one, others from now on."""
    from pillarbox.store.publishing.events import events_since

    begin = uuid7_floor(uuid7_ms(message_id) if message_id else now_ms())
    after, seen = begin, set[bytes]()
    with open_store(config, data) as opened:
        while True:
            with opened.store.engine.begin() as conn:
                found = events_since(
                    conn, account, after, message_id=message_id, types=types, limit=PAGE
                )
            for event_id, record in found:
                if event_id not in seen:
                    yield event_id, record
            seen.update(event_id for event_id, _ in found)
            if len(found) == PAGE:
                after = found[-1][0]
                continue
            after = max(begin, uuid7_floor(now_ms() - OVERLAP_MS))
            seen = {one for one in seen if one > after}
            time.sleep(POLL_SECONDS)


def _type(text: str) -> str:
    wanted = text.upper().replace("-", "_").replace(" ", "_")
    for kind, name in API_TYPES.items():
        if wanted in {name, kind.upper()}:
            return kind
    raise click.BadParameter(f"{text} is no event type; there are {', '.join(API_TYPES.values())}.")


def _line(event_id: bytes, record: dict[str, Any]) -> str:
    mail = record["mail"]
    to = ", ".join(mail.get("destination", ()))
    return (
        f"{iso8601(uuid7_ms(event_id))}  {record['eventType']:17}  {mail['messageId']}  "
        f"{mail.get('source', '')} -> {to}"
    )
