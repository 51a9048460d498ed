"""`pillarbox tracking settings`: which mail is tracked, and through which host."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pillarbox.base.clock import now_ms
from pillarbox.cli.options import (
    account_option,
    deployment,
    json_option,
    note_change,
    print_json,
    settings_options,
)

if TYPE_CHECKING:
    from pillarbox.manage.tracking.settings import TrackingSettings
    from pillarbox.model.tracking_setup import TrackingSetting

_DIMENSIONS = click.Choice(["account", "account-and-domain", "domain"])


@click.group()
def settings() -> None:
    """Show, set and disable what is tracked."""


@settings.command()
@settings_options
@account_option
@json_option
def show(config: Path | None, data: Path | None, account: str, *, as_json: bool) -> None:
    """Show the settings."""
    from pillarbox.manage.tracking.settings import get_tracking_settings

    with deployment(config, data) as opened:
        found = get_tracking_settings(opened.conn, account)
    _show(found, as_json=as_json)


@settings.command("set")
@settings_options
@account_option
@json_option
@click.option("--domain", help="Set this sender domain's own. [default: the account's]")
@click.option("--dimension", type=_DIMENSIONS, default="account", help="Whose settings count.")
@click.option("--tracking-domain", help="A verified trace domain. [default: the service's own]")
@click.option("--opens/--no-opens", default=False, help="Open tracking.")
@click.option("--clicks/--no-clicks", default=False, help="Click tracking.")
@click.option("--anonymous", is_flag=True, help="Count without naming recipients.")
@click.option("--no-outlook-comments", is_flag=True, help="Leave Outlook's comments alone.")
@click.option("--trap", is_flag=True, help="Add a hidden link that tells scanners from people.")
@click.option("--untracked", is_flag=True, help="Never track this sender domain.")
def set_command(
    config: Path | None, data: Path | None, account: str, *, as_json: bool, **given: Any
) -> None:
    """Enable tracking, or change it; it holds for mail accepted from now on."""
    from pillarbox.manage.tracking.settings import set_account_tracking, set_domain_tracking

    setting = _setting(given)
    with deployment(config, data) as opened:
        presumed = opened.settings.presume_verified
        if given["domain"] is None:
            found = set_account_tracking(
                opened.conn, account, setting, now=now_ms(), everything_verified=presumed
            )
        else:
            found = set_domain_tracking(
                opened.conn,
                account,
                given["domain"],
                setting,
                now=now_ms(),
                everything_verified=presumed,
            )
        action = "tracking.set-domain" if given["domain"] else "tracking.set"
        note_change(opened.conn, action, given["domain"] or "account", account)
    _show(found, as_json=as_json)


@settings.command()
@settings_options
@account_option
@json_option
@click.option("--domain", help="Remove this sender domain's own. [default: disable all tracking]")
def disable(
    config: Path | None, data: Path | None, account: str, domain: str | None, *, as_json: bool
) -> None:
    """Disable tracking, or let a sender domain follow the dimension again."""
    from pillarbox.manage.tracking.settings import delete_domain_tracking, disable_tracking

    with deployment(config, data) as opened:
        if domain is None:
            found = disable_tracking(opened.conn, account, now=now_ms())
        else:
            found = delete_domain_tracking(opened.conn, account, domain)
        note_change(opened.conn, "tracking.disable", domain or "account", account)
    _show(found, as_json=as_json)


def _setting(given: dict[str, Any]) -> "TrackingSetting":
    from pillarbox.model.tracking_setup import TrackingSetting

    if given["untracked"] and given["domain"] is None:
        raise click.UsageError("--untracked is for one sender domain: give --domain")
    return TrackingSetting(
        enabled=not given["untracked"],
        host=given["tracking_domain"],
        opens=given["opens"],
        clicks=given["clicks"],
        anonymous=given["anonymous"],
        mso_comments=not given["no_outlook_comments"],
        trap=given["trap"],
        dimension=given["dimension"].upper().replace("-", "_"),
    )


def _show(found: "TrackingSettings", *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(found))
        return
    account = found.account
    if not account.enabled:
        click.echo("Tracking is not enabled.")
        return
    click.echo(f"Tracking is enabled; the dimension is {account.dimension}.")
    if account.dimension != "DOMAIN":
        click.echo(f"  the account: {_line(account)}")
    if account.dimension != "ACCOUNT":
        for domain, one in found.domains.items():
            click.echo(f"  {domain}: {_line(one)}")


def _line(one: "TrackingSetting") -> str:
    if not one.enabled:
        return "untracked"
    kinds = [name for name in ("opens", "clicks") if getattr(one, name)]
    extra = ", anonymous" if one.anonymous else ""
    comments = "" if one.mso_comments else ", without Outlook's comments"
    host = one.host or "the service's own host"
    trap = ", with a trap" if one.trap else ""
    return f"{' and '.join(kinds)} through {host}{extra}{comments}{trap}"
