"""The schema, once, for SQLite and PostgreSQL; a file for each family of tables.

Times are milliseconds since the epoch. Row ids are UUIDv7 as 16 bytes, which sort by time on both
engines; on PostgreSQL the large tables are partitioned by ranges of it (`store/partitions.py`).
Everything belongs to an account.
"""

from pillarbox.store.tables.account import (
    access_keys,
    accounts,
    send_counts,
    suppressed_destinations,
)
from pillarbox.store.tables.addresses import (
    dedicated_ip_days,
    dedicated_ip_pools,
    dedicated_ips,
)
from pillarbox.store.tables.attempts import attempts
from pillarbox.store.tables.coming_back import feedback_forwards, kept_reports
from pillarbox.store.tables.configuration import (
    configuration_sets,
    event_destinations,
    topic_subscriptions,
    topics,
)
from pillarbox.store.tables.console import (
    audit_log,
    login_failures,
    user_sessions,
    users,
)
from pillarbox.store.tables.deployment import (
    generations,
    leases,
    meta,
)
from pillarbox.store.tables.events import (
    dead_letters,
    events,
    notices,
    outbox,
    outbox_shards,
)
from pillarbox.store.tables.identity import (
    dkim_tokens,
    identities,
    identity_notifications,
)
from pillarbox.store.tables.lists import (
    contact_lists,
    contact_preferences,
    contacts,
    verification_templates,
)
from pillarbox.store.tables.mail import (
    HELD_ONLY,
    QUEUED_ONLY,
    lane_wakes,
    lanes,
    message_bodies,
    messages,
    recipients,
)
from pillarbox.store.tables.reputation import reputation_counts
from pillarbox.store.tables.schema import metadata
from pillarbox.store.tables.shaping import (
    address_blocks,
    dedicated_ip_group_days,
    portions,
    shaping_groups,
)
from pillarbox.store.tables.sts import sts_policies
from pillarbox.store.tables.templates import email_templates, shared_contents
from pillarbox.store.tables.tracking import (
    tracking_hosts,
    tracking_keys,
    tracking_settings,
)

#: Tables that PostgreSQL partitions by time, with the column whose UUIDv7 gives the time.
PARTITIONED = {
    "messages": "id",
    "message_bodies": "message_id",
    "recipients": "message_id",
    "events": "id",
    "outbox": "event_id",
    "attempts": "message_id",
}

__all__ = [
    "HELD_ONLY",
    "PARTITIONED",
    "QUEUED_ONLY",
    "access_keys",
    "accounts",
    "address_blocks",
    "attempts",
    "audit_log",
    "configuration_sets",
    "contact_lists",
    "contact_preferences",
    "contacts",
    "dead_letters",
    "dedicated_ip_days",
    "dedicated_ip_group_days",
    "dedicated_ip_pools",
    "dedicated_ips",
    "dkim_tokens",
    "email_templates",
    "event_destinations",
    "events",
    "feedback_forwards",
    "generations",
    "identities",
    "identity_notifications",
    "kept_reports",
    "lane_wakes",
    "lanes",
    "leases",
    "login_failures",
    "message_bodies",
    "messages",
    "meta",
    "metadata",
    "notices",
    "outbox",
    "outbox_shards",
    "portions",
    "recipients",
    "reputation_counts",
    "send_counts",
    "shaping_groups",
    "shared_contents",
    "sts_policies",
    "suppressed_destinations",
    "topic_subscriptions",
    "topics",
    "tracking_hosts",
    "tracking_keys",
    "tracking_settings",
    "user_sessions",
    "users",
    "verification_templates",
]
