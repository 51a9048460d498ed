"""What columns of the stock hold that is no free text: states, JSON, names of other rows."""

import json
from collections.abc import Callable
from typing import Any

from pillarbox.deliver.shaping import CONNECTIONS
from pillarbox.model.event_destination import EVENT_TYPES
from pillarbox.model.queued import BOUNCED, DELIVERED, HELD, QUEUED
from pillarbox.model.user import Role
from pillarbox.model.warmup import day_of
from tests.console.conftest import ACCOUNT, NOW
from tests.console.stock_contents import (
    DAY,
    EVENTS,
    HOUR,
    Rows,
    attempt_json,
    event_json,
    mail_bytes,
    mail_json,
    target_json,
    template_content,
    topics_json,
)

#: Tables that have their rows in other ways, or that no page shows.
ELSEWHERE = frozenset({"meta", "generations", "leases", "login_failures", "tracking_keys"})


Shape = Callable[[Rows, int], Any] | str | int | float | None


def _first(field: str) -> Shape:
    """Name the first row of another table."""
    return lambda rows, _: rows.value(field, 0)


def _same(field: str) -> Shape:
    """Name the row of the same number of another table."""
    return lambda rows, number: rows.value(field, number)


def _own(table: str) -> Shape:
    return lambda rows, number: rows.key(table, number)


def _one_of(*choices: Any) -> Shape:
    return lambda _, number: choices[number % len(choices)]


def _tags(table: str) -> Shape:
    def write(rows: Rows, _: int) -> str:
        key, value = rows.word(f"{table}.tag name"), rows.word(f"{table}.tag value")
        return json.dumps([[key, value]])

    return write


def _contact(rows: Rows, number: int) -> str:
    """Give a contact's address, the first one as near to a word as an address may be."""
    word = rows.word("contacts.address")
    if number:
        return f"{word}{number}"
    return '"{}"@example.com'.format(
        "".join(one for one in word if one.isascii() and one not in '<"\\')
    )


def _lane(rows: Rows, number: int) -> str:
    """Give a lane; its domain has no space."""
    return rows.word("recipients.domain").replace(" ", "\t") + f"{number} {ACCOUNT}"


_ADDRESSES: Shape = lambda _, number: f"192.0.2.{number % 250}"  # noqa: E731 - a shape as others
_DOMAIN: Shape = lambda rows, number: f"{rows.word('identities.name')}{number}.example"  # noqa: E731
_CHECKS = {"check_started_at": NOW, "checks": 1, "checked_at": NOW, "next_check_at": NOW + DAY}

_APPLICATION: Shape = lambda rows, _: rows.word("engagement.application")  # noqa: E731

SHAPES: dict[str, dict[str, Shape]] = {
    "accounts": {
        "id": lambda _, number: f"{500_000_000_000 + number}",
        "status": "active",
        "enforcement": "HEALTHY",
        "max_24h": -1.0,
        "suppressed_reasons": None,
    },
    "access_keys": {"expires_at": None, "revoked_at": None, "operations": None},
    "suppressed_destinations": {
        "reason": _one_of("BOUNCE", "COMPLAINT"),
        "message_id": lambda rows, number: rows.message_id(number),
    },
    "event_counts": {"bucket": NOW // HOUR * HOUR, "type": _one_of(*EVENTS)},
    "dedicated_ip_pools": {"tags": _tags("dedicated_ip_pools"), "scaling_mode": "STANDARD"},
    "dedicated_ips": {
        "address": _ADDRESSES,
        "pool": _first("dedicated_ip_pools.name"),
        "warmup_started_at": NOW - 9 * DAY,
    },
    "dedicated_ip_days": {
        "address": _first("dedicated_ips.address"),
        "day": lambda _, number: day_of(NOW) - number,
    },
    "dedicated_ip_group_days": {
        "address": _first("dedicated_ips.address"),
        "day": day_of(NOW),
    },
    "attempts": {
        "message_id": _first("messages.id"),
        "position": 0,
        "outcome": _one_of("failed", "deferred", "delivered", "unknown"),
        "detail": attempt_json,
    },
    "kept_reports": {
        "kind": _one_of("bounce", "complaint"),
        "sent_to": lambda rows, _: json.dumps([rows.word("kept_reports.sent_to")]),
        "said": lambda rows, _: json.dumps(
            {
                "recipients": [rows.word("report.recipient")],
                "status": rows.word("report.status"),
                "diagnostic": rows.word("report.diagnostic"),
                "message_id": rows.word("report.message id"),
            }
        ),
        "content": lambda rows, _: mail_bytes(rows, "report"),
    },
    "configuration_sets": {
        "sending_enabled": False,
        "tls_policy": None,
        "https_policy": None,
        "suppressed_reasons": None,
        "tags": _tags("configuration_sets"),
    },
    "event_destinations": {
        "configuration_set": _first("configuration_sets.name"),
        "event_types": json.dumps(EVENT_TYPES),
        "kind": _one_of("SNS", "FIREHOSE", "CLOUDWATCH", "EVENTBRIDGE", "PINPOINT"),
        "settings": target_json,
    },
    "topics": {
        "arn": lambda rows, number: (
            f"arn:aws:sns:us-east-1:{ACCOUNT}:{rows.value('topics.name', number)}"
        ),
        "signature_version": "2",
    },
    "topic_subscriptions": {
        "topic_arn": _first("topics.arn"),
        "endpoint": lambda rows, number: (
            f"javascript:{rows.word('topic_subscriptions.endpoint')}{number}"
        ),
        "style": None,
        "secret_sealed": None,
        "former_secret_sealed": None,
        "former_secret_until": None,
    },
    "users": {
        "role": Role.VIEWER,
        "account_id": None,
        "totp_sealed": None,
        "totp_step": None,
        "disabled_at": None,
    },
    "user_sessions": {"token_hash": lambda rows, number: rows.key("session", number) * 2},
    "audit_log": {"detail": lambda rows, _: rows.json(what="audit_log.detail")},
    "outbox": {
        "event_id": _same("events.id"),
        "destination_id": _first("event_destinations.id"),
        "message_id": _first("messages.id"),
        "shard": lambda _, number: number % 16,
        "claim_owner": None,
        "claim_token": None,
    },
    "outbox_shards": {
        "destination_id": _same("event_destinations.id"),
        "shard": 0,
        "failures": 3,
    },
    "dead_letters": {
        "event_id": _same("events.id"),
        "destination_id": _first("event_destinations.id"),
        "message_id": _first("messages.id"),
    },
    "events": {
        "message_id": _first("messages.id"),
        "position": 0,
        "type": _one_of(*EVENTS),
        "detail": event_json,
    },
    "notices": {"event_id": None},
    "identities": {
        "name": _DOMAIN,
        "kind": "DOMAIN",
        "status": _one_of("SUCCESS", "TEMPORARY_FAILURE"),
        "mail_from_status": "FAILED",
        "mail_from_behavior": "USE_DEFAULT_VALUE",
        "dkim_status": "SUCCESS",
        "signing_origin": None,
        "rotate_at": None,
        "configuration_set": _first("configuration_sets.name"),
        "tags": _tags("identities"),
        "soa": None,
        "signing_key_bits": 2048,
        "next_key_bits": None,
        **_CHECKS,
    },
    "identity_notifications": {
        "identity": lambda rows, number: rows.value("identities.name", number // 3),
        "kind": _one_of("Bounce", "Complaint", "Delivery"),
    },
    "engagement": {"application": _APPLICATION},
    "engagement_attributes": {
        "application": _APPLICATION,
        "folded": _first("engagement.folded"),
    },
    "segments": {"application": _APPLICATION, "rule": "opened and never clicked after 5 sends"},
    "dkim_tokens": {
        "identity": _first("identities.name"),
        "retired_at": None,
        "origin": None,
        "key_bits": 2048,
    },
    "contact_lists": {"topics": topics_json, "tags": _tags("contact_lists")},
    "contacts": {
        "list_id": _first("contact_lists.id"),
        "address": _contact,
        "folded": lambda rows, number: _contact(rows, number).lower(),
        "unsubscribe_all": False,
    },
    "contact_preferences": {
        "list_id": _first("contact_lists.id"),
        "folded": _same("contacts.folded"),
        "topic": lambda rows, _: rows.word("topic of a list.name"),
        "status": "OPT_OUT",
    },
    "verification_templates": {"tags": _tags("verification_templates")},
    "messages": {
        "mail": mail_json,
        "configuration_set": _first("configuration_sets.name"),
        "signing_domain": lambda rows, _: rows.word("messages.signing_domain"),
        "tracking": lambda rows, _: json.dumps(
            {"pixel": rows.word("tracking.pixel"), "reasons": [rows.word("tracking.reason")]}
        ),
        "list_plan": None,
        "template_id": None,
        "shared_id": None,
    },
    "message_bodies": {
        "message_id": _same("messages.id"),
        "content": lambda rows, _: mail_bytes(rows, "body"),
    },
    "recipients": {
        "message_id": _first("messages.id"),
        "lane": _lane,
        "state": _one_of(QUEUED, HELD, DELIVERED, BOUNCED),
        "claim_owner": None,
        "claim_token": None,
    },
    "lanes": {"lane": _lane},
    "lane_wakes": {"lane": _lane},
    "reputation_counts": {
        "bucket": NOW // HOUR * HOUR - HOUR,
        "scope": _one_of("domain", "set", "ip", "account"),
    },
    "portions": {
        "name": lambda rows, _: f"{CONNECTIONS}{rows.word('portions.name')}",
        "until": NOW + DAY,
    },
    "address_blocks": {"address": _first("dedicated_ips.address"), "until": NOW + DAY},
    "sts_policies": {"mode": "enforce"},
    "email_templates": {
        "tags": _tags("email_templates"),
        "version_id": _same("shared_contents.id"),
    },
    "shared_contents": {"superseded_at": None, "content": template_content},
    "tracking_hosts": {
        "host": lambda rows, number: (
            f"{rows.word('tracking_hosts.prefix')}.{rows.value('identities.name', number)}"
        ),
        "kind": "trace",
        "primary_domain": _same("identities.name"),
        "status": _one_of("FAILED", "SUCCESS"),
        "https_status": "FAILED",
    },
    "tracking_settings": {
        "domain": lambda rows, number: rows.value("identities.name", number) if number else "",
        "dimension": lambda _, number: None if number else "DOMAIN",
        "host": _first("tracking_hosts.host"),
    },
}

#: Fields that stand in the paths of pages.
SEGMENTS = frozenset(
    {
        "access_keys.id",
        "configuration_sets.name",
        "contact_lists.name",
        "dedicated_ip_pools.name",
        "email_templates.name",
        "engagement.application",
        "event_destinations.name",
        "identities.name",
        "recipients.domain",
        "segments.name",
        "shaping_groups.name",
        "topics.name",
        "tracking_hosts.prefix",
        "verification_templates.name",
    }
)

#: Fields of letters and digits alone, which pages check as well.
CHECKED = frozenset({"contact_lists.name"})
