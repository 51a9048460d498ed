"""`pillarbox topics`: local topics, and the webhooks that their messages go to."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pillarbox.base.clock import now_ms
from pillarbox.cli.options import (
    OpenDeployment,
    account_option,
    deployment,
    json_option,
    note_change,
    open_store,
    print_json,
    settings_options,
)
from pillarbox.model.topic import STANDARD

if TYPE_CHECKING:
    from pillarbox.model.publishing import Outcome
    from pillarbox.model.topic import Subscription


@click.group()
def topics() -> None:
    """Make topics that event destinations name, and have their messages posted to URLs."""


@topics.command()
@settings_options
@account_option
@json_option
@click.argument("name")
@click.option(
    "--signature-version",
    type=click.Choice(["1", "2"]),
    default="1",
    show_default=True,
    help="1: SHA-1, as SNS's default; 2: SHA-256.",
)
def create(
    config: Path | None,
    data: Path | None,
    account: str,
    name: str,
    signature_version: str,
    *,
    as_json: bool,
) -> None:
    """Make a topic and print its ARN, for the SNS destination of a configuration set."""
    from pillarbox.manage.topics import create_topic

    with deployment(config, data) as opened:
        made = create_topic(
            opened.conn,
            account,
            name,
            region=opened.settings.service.region,
            version=signature_version,
            now=now_ms(),
        )
        note_change(opened.conn, "topic.create", name, account)
    if as_json:
        print_json({"TopicArn": made.arn})
    else:
        click.echo(made.arn)


@topics.command()
@settings_options
@account_option
@click.argument("name")
@click.argument("url")
@click.option("--raw", is_flag=True, help="Post the event alone, without SNS's envelope.")
@click.option("--standard", is_flag=True, help="Post Standard Webhooks, signed with a secret.")
def subscribe(
    config: Path | None,
    data: Path | None,
    account: str,
    name: str,
    url: str,
    *,
    raw: bool,
    standard: bool,
) -> None:
    """Have a topic's messages posted to a URL, once that has confirmed it.

    Posts a SubscriptionConfirmation there now; visiting its SubscribeURL confirms. The same command
    again posts another one.

    A Standard Webhook needs no confirmation: the command prints its secret, this once.
    """
    from pillarbox.manage.topics import subscribe as add
    from pillarbox.manage.topics import subscribe_standard

    if raw and standard:
        raise click.UsageError("--raw is of SNS's webhooks, --standard has a form of its own.")
    if standard:
        with deployment(config, data) as opened:
            region = opened.settings.service.region
            hook, secret = subscribe_standard(
                opened.conn,
                account,
                name,
                url,
                region=region,
                sealer=opened.sealer,
                now=now_ms(),
            )
            note_change(opened.conn, "topic.subscribe", name, account, url=url.partition("?")[0])
        click.echo(f"{hook.arn} is subscribed; its secret, shown this once:\n{secret}")
        return
    with open_store(config, data) as opened:
        with opened.store.transaction() as conn:
            region = opened.settings.service.region
            hook = add(conn, account, name, url, region=region, raw=raw, now=now_ms())
            note_change(conn, "topic.subscribe", name, account, url=url.partition("?")[0])
        if hook.confirmed:
            click.echo(f"{hook.arn} is confirmed already")
            return
        outcome = asyncio.run(_ask(opened, hook))
    reason = getattr(outcome, "reason", None)
    if reason is not None:
        raise click.ClickException(f"{url} was not asked: {reason}")
    click.echo(f"{hook.arn} waits for its confirmation")


@topics.command()
@settings_options
@account_option
@click.argument("name")
@click.argument("url")
@click.option(
    "--keep-hours",
    type=click.IntRange(0, 24 * 30),
    default=24,
    show_default=True,
    help="How long the former secret signs as well.",
)
def rotate(
    config: Path | None, data: Path | None, account: str, name: str, url: str, keep_hours: int
) -> None:
    """Give a Standard Webhook another secret, and print it, this once."""
    from pillarbox.manage.topics import rotate_secret

    with deployment(config, data) as opened:
        secret = rotate_secret(
            opened.conn,
            account,
            name,
            url,
            region=opened.settings.service.region,
            sealer=opened.sealer,
            now=now_ms(),
            keep_ms=keep_hours * 3_600_000,
        )
        note_change(opened.conn, "topic.rotate", name, account, url=url.partition("?")[0])
    click.echo(secret)


@topics.command()
@settings_options
@account_option
@click.argument("name")
@click.argument("token")
def confirm(config: Path | None, data: Path | None, account: str, name: str, token: str) -> None:
    """Confirm a subscription by the Token that its URL was sent."""
    from pillarbox.manage.topics import confirm as confirm_by

    with deployment(config, data) as opened:
        region = opened.settings.service.region
        hook = confirm_by(opened.conn, account, name, token, region=region, now=now_ms())
        note_change(opened.conn, "topic.confirm", name, account)
    click.echo(f"{hook.arn} is confirmed")


@topics.command()
@settings_options
@account_option
@click.argument("name")
@click.argument("url")
def unsubscribe(config: Path | None, data: Path | None, account: str, name: str, url: str) -> None:
    """End a subscription; what was not yet posted there is not posted any more."""
    from pillarbox.manage.topics import unsubscribe as remove

    with deployment(config, data) as opened:
        remove(opened.conn, account, name, url, region=opened.settings.service.region)
        note_change(opened.conn, "topic.unsubscribe", name, account, url=url.partition("?")[0])


@topics.command()
@settings_options
@account_option
@click.argument("name")
@click.option("--yes", is_flag=True, help="Don't ask.")
def delete(config: Path | None, data: Path | None, account: str, name: str, *, yes: bool) -> None:
    """Delete a topic with its subscriptions, and say what named it."""
    from pillarbox.manage.topic_removal import delete_topic, what_depends

    with open_store(config, data) as opened:
        region = opened.settings.service.region
        with opened.store.engine.connect() as conn:
            found = what_depends(conn, account, name, region=region)
        if not yes:
            click.echo(found.told, err=True)
            click.confirm(f"Delete {name}?", abort=True, err=True)
        with opened.store.transaction() as conn:
            delete_topic(conn, account, name, region=region)
            note_change(conn, "topic.delete", name, account)
    click.echo(f"topic {name} is deleted")


@topics.command("list")
@settings_options
@account_option
@json_option
def list_command(config: Path | None, data: Path | None, account: str, *, as_json: bool) -> None:
    """List topics with their subscriptions."""
    from pillarbox.store.publishing.topics import list_subscriptions, list_topics

    with deployment(config, data) as opened:
        found = [
            (topic, list_subscriptions(opened.conn, topic.arn))
            for topic in list_topics(opened.conn, account)
        ]
    if as_json:
        print_json(
            [
                {
                    "TopicArn": topic.arn,
                    "SignatureVersion": topic.signature_version,
                    "Subscriptions": [_shown(one) for one in hooks],
                }
                for topic, hooks in found
            ]
        )
        return
    for topic, hooks in found:
        click.echo(topic.arn)
        for one in hooks:
            state = "confirmed" if one.confirmed else "waits for its confirmation"
            kind = ", standard" if one.style == STANDARD else ", raw" if one.raw else ""
            click.echo(f"  {one.endpoint}  {state}{kind}")


def _shown(one: "Subscription") -> dict[str, Any]:
    return {
        "SubscriptionArn": one.arn,
        "Endpoint": one.endpoint,
        "Raw": one.raw,
        "Standard": one.style == STANDARD,
        "Confirmed": one.confirmed,
    }


async def _ask(opened: OpenDeployment, hook: "Subscription") -> "Outcome":
    from pillarbox.base.resolver import Resolver
    from pillarbox.destinations.asking import ask_subscriber
    from pillarbox.destinations.publishing import open_webhook_client, topic_urls

    settings = opened.settings
    with opened.store.transaction() as conn:
        urls = topic_urls(conn, settings, opened.sealer, now_ms())
    resolver = Resolver(settings.dns.resolver or None)
    client = open_webhook_client(settings, resolver)
    try:
        return await ask_subscriber(client, urls, hook, now_ms())
    finally:
        await client.close()
        await resolver.close()
