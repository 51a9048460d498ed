"""What accounts have set up, remembered between batches for as long as it is so.

Each batch reads the accounts' rows, and with them their generation; what was remembered under
another generation is forgotten. Only the writer's thread uses this; a transaction that fails
empties it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from pillarbox.model.account import Account
from pillarbox.model.sender import SenderIdentity, SendingRules
from pillarbox.model.template import TemplateVersion
from pillarbox.model.tracking_setup import TrackingHost, TrackingSetting, TrackingSetup
from pillarbox.store.mail.templates import find_version
from pillarbox.store.sets.sender import find_sender_identities, find_sending_rules
from pillarbox.store.tracking.setup import ACCOUNT, find_tracking_host, find_tracking_settings

#: Names remembered for one account before it is forgotten and begun anew.
MAX_NAMES = 10_000
_NO_TRACKING = TrackingSetup()


@dataclass(slots=True)
class _Remembered:
    generation: int
    identities: dict[str, SenderIdentity | None] = field(default_factory=dict)
    rules: dict[str, SendingRules | None] = field(default_factory=dict)
    settings: dict[str, TrackingSetting | None] = field(default_factory=dict)
    hosts: dict[str, TrackingHost | None] = field(default_factory=dict)
    templates: dict[str, TemplateVersion | None] = field(default_factory=dict)


class SetupCache:
    """Identities, configuration sets and tracking by account, each looked up once a generation."""

    def __init__(self) -> None:
        self._accounts: dict[str, _Remembered] = {}

    def clear(self) -> None:
        """Forget everything."""
        self._accounts.clear()

    def identities(
        self, conn: Connection, account: Account, names: Sequence[str]
    ) -> dict[str, SenderIdentity]:
        """Give those of the named identities that exist."""
        known = self._of(account).identities
        missing = [name for name in names if name not in known]
        if missing:
            found = find_sender_identities(conn, account.id, missing)
            known.update({name: found.get(name) for name in missing})
        return {name: identity for name in names if (identity := known[name]) is not None}

    def rules(self, conn: Connection, account: Account, name: str) -> SendingRules | None:
        """Give the named configuration set, None when there is none."""
        known = self._of(account).rules
        if name not in known:
            known[name] = find_sending_rules(conn, account.id, name)
        return known[name]

    def template(self, conn: Connection, account: Account, name: str) -> TemplateVersion | None:
        """Give the version of a template that is in force, None when there is no such template."""
        known = self._of(account).templates
        if name not in known:
            if len(known) >= MAX_NAMES:
                known.clear()
            known[name] = find_version(conn, account.id, name)
        return known[name]

    def tracking(
        self, conn: Connection, account: Account, domains: Sequence[str], hosts: Sequence[str]
    ) -> TrackingSetup:
        """Give the account's tracking setting, those of the domains, and the hosts: these and those
        that the settings name.
        """
        own = self._settings(conn, account, [ACCOUNT]).get(ACCOUNT)
        if own is None or not own.enabled:
            return TrackingSetup(hosts=self._hosts(conn, account, hosts)) if hosts else _NO_TRACKING
        found = {} if own.dimension == "ACCOUNT" else self._settings(conn, account, domains)
        named = (one.host for one in (own, *found.values()) if one.host is not None)
        return TrackingSetup(
            account=own, domains=found, hosts=self._hosts(conn, account, [*hosts, *named])
        )

    def _settings(
        self, conn: Connection, account: Account, domains: Sequence[str]
    ) -> dict[str, TrackingSetting]:
        known = self._of(account).settings
        missing = [name for name in domains if name not in known]
        if missing:
            found = find_tracking_settings(conn, account.id, missing)
            known.update({name: found.get(name) for name in missing})
        return {name: setting for name in domains if (setting := known[name]) is not None}

    def _hosts(
        self, conn: Connection, account: Account, names: Sequence[str]
    ) -> dict[str, TrackingHost]:
        known = self._of(account).hosts
        for name in names:
            if name not in known:
                known[name] = find_tracking_host(conn, account.id, name)
        return {name: host for name in names if (host := known[name]) is not None}

    def _of(self, account: Account) -> _Remembered:
        kept = self._accounts.get(account.id)
        if kept is None or _outdated(kept, account):
            kept = self._accounts[account.id] = _Remembered(account.generation)
        return kept


def _outdated(kept: _Remembered, account: Account) -> bool:
    return kept.generation != account.generation or len(kept.identities) > MAX_NAMES
