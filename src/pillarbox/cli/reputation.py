"""`pillarbox reputation`: rates of bounces and complaints, against what, and what follows."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pillarbox.base.clock import iso8601, now_ms
from pillarbox.cli.options import deployment, json_option, print_json, settings_options

if TYPE_CHECKING:
    from pillarbox.manage.reputation.rates import AccountReputation, Standing
    from pillarbox.model.enforcement import Thresholds
    from pillarbox.model.reputation import Representative


@click.command()
@settings_options
@json_option
@click.option("--account", "account_id", help="The account's id. [default: all accounts]")
def reputation(
    config: Path | None, data: Path | None, account_id: str | None, *, as_json: bool
) -> None:
    """Show bounce and complaint rates: of accounts, their configuration sets, sending domains and
    sending addresses, and whether an account may send.

    Looked at is the newest mail, as much as the account usually sends in a week; what was sent
    before, and what is too little to judge by, changes no account's status.

    \b
    pillarbox reputation
    pillarbox reputation --account 123456789012 --json
    pillarbox accounts set 123456789012 --restore     let a stopped account send again
    """
    from pillarbox.manage.people.accounts import list_accounts
    from pillarbox.manage.reputation.rates import account_reputation, thresholds_of

    now = now_ms()
    with deployment(config, data) as opened:
        limits = thresholds_of(opened.settings)
        ids = [account_id] if account_id else [one.id for one in list_accounts(opened.conn)]
        found = [account_reputation(opened.conn, one, limits, now=now) for one in ids]
        enforced = opened.settings.reputation.enforce
    if as_json:
        print_json([_as_json(one, limits, enforced=enforced) for one in found])
        return
    for one in found:
        _show(one, limits, enforced=enforced)


def _as_json(one: "AccountReputation", limits: "Thresholds", *, enforced: bool) -> dict[str, Any]:
    account = one.account
    return {
        "account": account.id,
        "status": account.status,
        "enforcement": account.enforcement,
        "since": account.enforcement_since,
        "reason": account.enforcement_reason,
        "enforced": enforced,
        "thresholds": {
            "least_recipients": limits.least,
            "review_bounce_rate": limits.review_bounce,
            "pause_bounce_rate": limits.pause_bounce,
            "review_complaint_rate": limits.review_complaint,
            "pause_complaint_rate": limits.pause_complaint,
        },
        **_rates(one.seen),
        "parts": [
            {"scope": part.scope, "name": part.name, **_rates(part.seen)} for part in one.parts
        ],
    }


def _rates(seen: "Representative") -> dict[str, Any]:
    volume = seen.volume
    return {
        "sent": volume.sent,
        "bounces": volume.bounces,
        "complaints": volume.complaints,
        "bounce_rate": volume.bounce_rate,
        "complaint_rate": volume.complaint_rate,
        "looked_at_since": seen.since,
        "enough": seen.enough,
    }


def _show(one: "AccountReputation", limits: "Thresholds", *, enforced: bool) -> None:
    account = one.account
    since = f" since {iso8601(account.enforcement_since)}" if account.enforcement_since else ""
    why = f": {account.enforcement_reason}" if account.enforcement_reason else ""
    click.echo(f"{account.id}  {account.name}  {account.status}  {account.enforcement}{since}{why}")
    click.echo(f"  {_words(one.seen)}")
    click.echo(
        f"  review from {limits.review_bounce:.2%} bounces or {limits.review_complaint:.2%} "
        f"complaints, pause from {limits.pause_bounce:.2%} or {limits.pause_complaint:.2%}"
        + ("" if enforced else "; nothing follows: [reputation] enforce is off")
    )
    if not one.seen.enough:
        click.echo(f"  fewer than {limits.least} recipients in 30 days are not judged")
    for part in one.parts:
        click.echo(f"  {_part(part)}")


def _part(part: "Standing") -> str:
    return f"{part.scope} {part.name}: {_words(part.seen)}"


def _words(seen: "Representative") -> str:
    volume = seen.volume
    if not volume.sent:
        return "no recipients to count"
    return (
        f"{volume.sent} recipients since {iso8601(seen.since)}: "
        f"{volume.bounces} bounced ({volume.bounce_rate:.2%}), "
        f"{volume.complaints} complained ({volume.complaint_rate:.2%})"
    )
