"""`pillarbox ips`: the addresses that mail leaves by."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from pillarbox.base.clock import iso8601, now_ms
from pillarbox.base.settings import Settings
from pillarbox.cli.options import deployment, json_option, note_change, print_json, settings_options
from pillarbox.identity.address_check import amiss_with
from pillarbox.model.sending_address import SHARED_POOL, SendingAddress
from pillarbox.model.warmup import DAYS


@click.group()
def ips() -> None:
    """Add, list and remove the addresses that mail leaves by."""


@ips.command()
@settings_options
@click.argument("address")
@click.option("--helo", required=True, metavar="NAME", help="How connections from it greet.")
@click.option("--bind", metavar="LOCAL", help="The local address to bind. [default: ADDRESS]")
@click.option("--pool", metavar="NAME", help="Its pool. [default: the account's default pool]")
@click.option("--account", metavar="ID", help="Whose it is. [default: the default account]")
def add(
    config: Path | None,
    data: Path | None,
    address: str,
    helo: str,
    bind: str | None,
    pool: str | None,
    account: str | None,
) -> None:
    """Add an address of this node; mail leaves by it from the next attempt on.

    In the pool ses-shared-pool it belongs to no account, and all may send by it. What DNS says of
    the address and its name is looked up; what is amiss there is a warning. It begins its warm-up,
    unless its account has turned that off or it is shared.

    \b
    Examples:
      pillarbox ips add 192.0.2.10 --helo out1.mail.example.net
      pillarbox ips add 192.0.2.11 --helo out2.mail.example.net --bind 10.0.0.11 --pool news
      pillarbox ips add 192.0.2.12 --helo out3.mail.example.net --pool ses-shared-pool
    """
    from pillarbox.manage.addresses.stock import NewAddress, add_address
    from pillarbox.manage.deployment import DEFAULT_ACCOUNT
    from pillarbox.node.identity import node_name

    owner = account or (None if pool == SHARED_POOL else DEFAULT_ACCOUNT)
    with deployment(config, data) as opened:
        settings = opened.settings
        new = NewAddress(
            address=address,
            helo=helo,
            node=node_name(settings.data),
            account_id=owner,
            pool=pool,
            bind=bind,
        )
        added = add_address(opened.conn, new, now=now_ms())
        note_change(opened.conn, "ip.add", address, owner, pool=added.pool_name)
    click.echo(_line(added))
    for warning in asyncio.run(_warnings(settings, added)):
        click.echo(f"warning: {warning}", err=True)


@ips.command("list")
@settings_options
@json_option
def list_command(config: Path | None, data: Path | None, *, as_json: bool) -> None:
    """List the addresses of all nodes, with their warm-up and what they sent of it today."""
    from pillarbox.manage.addresses.shaping import blocked_addresses
    from pillarbox.manage.addresses.stock import list_stock
    from pillarbox.model.warmup import day_of
    from pillarbox.store.addresses.warmup_volume import read_day, read_group_day

    now = now_ms()
    with deployment(config, data) as opened:
        found = list_stock(opened.conn)
        today = read_day(opened.conn, day_of(now))
        by_group = read_group_day(opened.conn, day_of(now))
        blocked = blocked_addresses(opened.conn, now)
    if as_json:
        print_json(
            [
                _shown(one, *today.get(one.address, (0, 0)))
                | {
                    "taken_by_group": {
                        group: taken for group, (taken, _) in by_group.get(one.address, {}).items()
                    },
                    "blocked_by": [asdict(at) for at in blocked if at.address == one.address],
                }
                for one in found
            ]
        )
        return
    for one in found:
        click.echo(_line(one, *today.get(one.address, (0, 0))))
    for at in blocked:
        address = at.address or "this system's own address"
        click.echo(f"{address} is blocked by {at.group} until {iso8601(at.until)}: {at.reply}")


@ips.command()
@settings_options
@json_option
@click.argument("address")
def show(config: Path | None, data: Path | None, address: str, *, as_json: bool) -> None:
    """Show an address: the days of its warm-up, its share for each provider, who blocks it."""
    from pillarbox.deliver.groups import load_groups
    from pillarbox.manage.addresses.shaping import blocked_addresses
    from pillarbox.manage.addresses.stock import get_address
    from pillarbox.manage.addresses.warmup import plan_of, read_history, shares_today, state_of

    now = now_ms()
    with deployment(config, data) as opened:
        deliver = opened.settings.deliver
        groups = load_groups(deliver.connections_per_destination, deliver.groups_file)
        one = get_address(opened.conn, address)
        days = read_history(opened.conn, one, now=now)
        shares = shares_today(opened.conn, one, groups, now=now)
        state = state_of(one, days, blocked_addresses(opened.conn, now), now=now)
    plan = plan_of(one, days)
    if as_json:
        shown = _shown(one, state.taken, state.overflowed)
        found: dict[str, Sequence[Any]] = {
            "groups": shares,
            "blocked_by": state.blocked_by,
            "days": plan,
        }
        print_json(shown | {name: [asdict(row) for row in rows] for name, rows in found.items()})
        return
    click.echo(_line(one, state.taken, state.overflowed))
    for share in shares:
        click.echo(f"  today to {share.group}: {_used(share.taken, share.limit, share.overflowed)}")
    for block in state.blocked_by:
        click.echo(f"  blocked by {block.group} until {iso8601(block.until)}: {block.reply}")
    for day in plan:
        used = _used(day.taken, day.limit, day.overflowed)
        click.echo(f"  day {day.number:2}  {iso8601(day.at)[:10]}  {used}")


@ips.command()
@settings_options
@click.argument("address")
def remove(config: Path | None, data: Path | None, address: str) -> None:
    """Forget an address; mail leaves by it no more from the next attempt on."""
    from pillarbox.manage.addresses.stock import remove_address

    with deployment(config, data) as opened:
        remove_address(opened.conn, address)
        note_change(opened.conn, "ip.remove", address)


def _shown(one: SendingAddress, taken: int, overflowed: int) -> dict[str, Any]:
    from pillarbox.model.warmup import day_limit, percentage, plan_day

    now, started_at = now_ms(), one.warmup_started_at
    done = percentage(started_at, now)
    return asdict(one) | {
        "pool": one.pool_name,
        "warmup_percentage": done,
        "warmup_day": None if started_at is None or done == 100 else plan_day(started_at, now),
        "day_limit": None if started_at is None or done == 100 else day_limit(started_at, now),
        "taken_today": taken,
        "overflowed_today": overflowed,
    }


def _used(taken: int, limit: int | None, overflowed: int) -> str:
    """Write what was taken of a volume, and what found it used up."""
    of = "" if limit is None else f" of {limit}"
    return f"{taken}{of}" + (f", {overflowed} overflowed" if overflowed else "")


def _line(one: SendingAddress, taken: int = 0, overflowed: int = 0) -> str:
    shown = _shown(one, taken, overflowed)
    limit = shown["day_limit"]
    state = (
        "warm"
        if limit is None
        else f"warming up {shown['warmup_percentage']}%, day {shown['warmup_day']} of {DAYS},"
        f" today {_used(taken, limit, overflowed)}"
    )
    bind = "" if one.bind == one.address else f" (bind {one.bind})"
    owner = one.account_id or "shared"
    return f"{one.address}{bind}  {owner}  {one.pool_name}  {one.helo}  node {one.node}  {state}"


async def _warnings(settings: Settings, added: SendingAddress) -> list[str]:
    from pillarbox.base.resolver import Resolver

    resolver = Resolver(settings.dns.resolver or None)
    try:
        return await amiss_with(resolver, added)
    finally:
        await resolver.close()
