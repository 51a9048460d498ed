"""The durable half of accepting: decide on a batch and store what is allowed, in one go."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection

from pillarbox.accept.decision import Decision, Policy, Setup, decide, identities_needed
from pillarbox.accept.list_management import ListState, ListStates, add_recipients, read_lists
from pillarbox.accept.prepared import Prepared
from pillarbox.accept.setup_cache import SetupCache
from pillarbox.base.errors import ApiError, NotFound
from pillarbox.base.ids import ses_message_id, uuid7
from pillarbox.events.forwarding import note_feedback
from pillarbox.events.suppressed_event import suppressed_event
from pillarbox.model.account import Account
from pillarbox.model.covering import parent_domains
from pillarbox.model.event import SEND, Event
from pillarbox.model.queued import AcceptedMessage, Message
from pillarbox.model.template import TemplateVersion
from pillarbox.store.lists.suppression import suppressed_among
from pillarbox.store.mail.lanes import wake_lanes
from pillarbox.store.mail.messages import BUCKET_MS, count_recipients, insert_messages
from pillarbox.store.publishing.events import insert_events
from pillarbox.store.sets.sender import count_sent, read_accounts

DAY_MS = 24 * 3600 * 1000
#: By account: recipients on its list, in lower case, with the reasons.
SuppressedByAccount = Mapping[str, Mapping[str, frozenset[str]]]
#: What is changed in the transaction that stores a message.
Along = Callable[[Connection], None]


@dataclass(frozen=True, slots=True)
class _Found:
    """What the recipients of a batch are to their accounts."""

    suppressed: SuppressedByAccount
    lists: ListStates

    def list_of(self, prepared: Prepared) -> ListState | None:
        """Give the contact list that a message names."""
        choice = prepared.contact_list
        if choice is None:
            return None
        return self.lists.get((prepared.caller.account_id, choice.list_name))


class Acceptance:
    """Accepts batches of prepared messages (a batch function of `store/writer.py`)."""

    def __init__(self, policy: Policy, worker: str) -> None:
        self._policy = policy
        self._worker = worker
        self.cache = SetupCache()
        #: Recipients a second by account, as last read.
        self.rates: dict[str, float] = {}

    def accept_batch(self, conn: Connection, batch: Sequence[Prepared]) -> list[str | ApiError]:
        """Give each message's id, or the error that refuses it; refused ones leave no row."""
        accounts = read_accounts(conn, {one.caller.account_id for one in batch})
        self.rates |= {one.id: one.max_rate for one in accounts.values()}
        found = _Found(_suppressed(conn, batch), read_lists(conn, batch))
        results: list[str | ApiError] = []
        allowed: list[AcceptedMessage] = []
        for prepared in batch:
            try:
                account = accounts.get(prepared.caller.account_id)
                allowed.append(self._accept(conn, prepared, account, allowed, found))
                results.append(ses_message_id(prepared.id, self._policy.region))
            except ApiError as error:
                results.append(error)
        if allowed:
            self._store(conn, allowed)
        return results

    def _accept(
        self,
        conn: Connection,
        prepared: Prepared,
        account: Account | None,
        before: Sequence[AcceptedMessage],
        found: "_Found",
    ) -> AcceptedMessage:
        if account is None:
            raise NotFound
        setup = self._setup(conn, prepared, account, before, found)
        decision = decide(prepared, setup, self._policy)
        return accepted_message(prepared, decision, self._policy, setup.template)

    def _setup(
        self,
        conn: Connection,
        prepared: Prepared,
        account: Account,
        before: Sequence[AcceptedMessage],
        found: "_Found",
    ) -> Setup:
        known = self.cache.identities(conn, account, identities_needed(prepared, account))
        names = {prepared.configuration_set} | {one.configuration_set for one in known.values()}
        known_rules = (self.cache.rules(conn, account, name) for name in names if name)
        rules = {one.name: one for one in known_rules if one}
        domains = [name for name in parent_domains(_domain(prepared)) if name in known]
        hosts = [one.custom_redirect_domain for one in rules.values()]
        return Setup(
            account=account,
            known=known,
            rules=rules,
            template=self._template(conn, prepared, account),
            sent_24h=_sent_24h(conn, account, prepared.now, before),
            suppressed=found.suppressed.get(account.id, {}),
            tracking=self.cache.tracking(conn, account, domains, [one for one in hosts if one]),
            contact_list=found.list_of(prepared),
        )

    def accept_along(self, prepared: Prepared, along: Along, conn: Connection) -> str:
        """Accept one message with what its call changes besides: both, or neither. Give its id.

        Raises the ApiError that refuses either; the transaction is to be taken back then. The
        message comes first: what is read after a change is remembered under the generation that
        the change has made, and that may never be committed.
        """
        (result,) = self.accept_batch(conn, [prepared])
        if isinstance(result, ApiError):
            raise result
        along(conn)
        return result

    def accept_bulk_batch(
        self, conn: Connection, bulks: Sequence[Sequence[Prepared]]
    ) -> list[list[str | ApiError]]:
        """Accept the messages of several calls, each as if it were alone (a batch function)."""
        results = iter(self.accept_batch(conn, [one for bulk in bulks for one in bulk]))
        return [[next(results) for _ in bulk] for bulk in bulks]

    def _template(
        self, conn: Connection, prepared: Prepared, account: Account
    ) -> TemplateVersion | None:
        if prepared.shared is None or prepared.shared.name is None:
            return None
        return self.cache.template(conn, account, prepared.shared.name)

    def _store(self, conn: Connection, allowed: Sequence[AcceptedMessage]) -> None:
        insert_messages(conn, allowed)
        insert_events(conn, [event for one in allowed for event in one.events])
        note_feedback(conn, [event for one in allowed for event in one.suppressed.values()])
        count_recipients(conn, self._worker, allowed)
        queue_recipients(conn, allowed)
        add_recipients(conn, allowed)


def queue_recipients(conn: Connection, accepted: Sequence[AcceptedMessage]) -> None:
    """Say that the queued recipients of stored messages are due."""
    due: dict[str, int] = {}
    for one in accepted:
        message = one.message
        for address in one.queued:
            due.setdefault(message.lane(address), message.created_at)
    wake_lanes(conn, due, accepted[0].message.created_at)


def _suppressed(conn: Connection, batch: Sequence[Prepared]) -> SuppressedByAccount:
    """Find the recipients of a batch that are on their account's suppression list."""
    addresses: dict[str, set[str]] = {}
    for one in batch:
        mine = addresses.setdefault(one.caller.account_id, set())
        mine.update(party.address for party in one.recipients)
    return {
        account_id: suppressed_among(conn, account_id, list(mine)) if mine else {}
        for account_id, mine in addresses.items()
    }


def _sent_24h(
    conn: Connection, account: Account, now: int, before: Sequence[AcceptedMessage]
) -> int:
    """Count what the account sent in 24 hours, this batch included; 0 where nothing limits it."""
    if account.max_24h < 0:
        return 0
    since = (now - DAY_MS) // BUCKET_MS * BUCKET_MS
    this_batch = sum(one.counted for one in before if one.message.account_id == account.id)
    return count_sent(conn, account.id, since) + this_batch


def accepted_message(
    prepared: Prepared,
    decision: Decision,
    policy: Policy,
    template: TemplateVersion | None = None,
) -> AcceptedMessage:
    """Put together all rows of an allowed message; `template`: the stored one that it names."""
    shared = prepared.shared
    message = Message(
        id=prepared.id,
        account_id=prepared.caller.account_id,
        created_at=prepared.now,
        source=prepared.source,
        subject=prepared.subject,
        configuration_set=decision.configuration_set,
        size=prepared.size + (template.size if template else 0),
        eight_bit=prepared.eight_bit,
        tls_required=decision.tls_required,
        sending_pool=decision.sending_pool,
        signing_domain=decision.signing_domain,
        signing_token=decision.signing_token,
        return_path_domain=decision.return_path_domain,
        feedback_to=prepared.feedback_to,
        deadline=decision.deadline,
        tracking=_written(decision.tracking),
        list_plan=_written(decision.list_plan),
        template_id=template.id if template else shared.template_id if shared else None,
        shared_id=shared.shared_id if shared else None,
    )
    return AcceptedMessage(
        message=message,
        content=prepared.content,
        mail=mail_object(prepared, decision, policy),
        recipients=tuple(one.address for one in prepared.recipients),
        send_event=_send_event(message),
        simulated=sum(
            policy.simulator.mailbox(one.address) is not None for one in prepared.recipients
        ),
        shared=shared.rows if shared else (),
        suppressed={
            position: suppressed_event(
                message,
                position,
                prepared.recipients[position].address,
                reason,
                region=policy.region,
                reported_by=policy.return_path_domain,
            )
            for position, reason in decision.suppressed.items()
        },
        contacts_of=decision.contacts_of,
    )


def mail_object(prepared: Prepared, decision: Decision, policy: Policy) -> dict[str, Any]:
    """Complete the `mail` object of the message's event records (facts §5.1)."""
    domain = _domain(prepared)
    automatic = {
        "ses:operation": [prepared.operation],
        "ses:source-ip": [prepared.caller.source_ip],
        "ses:from-domain": [domain],
        "ses:caller-identity": [prepared.caller.access_key_id],
    }
    if decision.configuration_set:
        automatic["ses:configuration-set"] = [decision.configuration_set]
    own: dict[str, list[str]] = {}
    for name, value in prepared.tags:
        own.setdefault(name, []).append(value)
    arn = f"arn:aws:ses:{policy.region}:{prepared.caller.account_id}:identity/{domain}"
    return {
        **prepared.mail,
        "sourceArn": arn,
        "tags": {**automatic, **own},
    }


def _domain(prepared: Prepared) -> str:
    return prepared.sender.address.rpartition("@")[2]


def _written(plan: object | None) -> str | None:
    return None if plan is None else msgspec.json.encode(plan).decode()


def _send_event(message: Message) -> Event:
    return Event(
        id=uuid7(message.created_at),
        account_id=message.account_id,
        message_id=message.id,
        position=None,
        type=SEND,
        created_at=message.created_at,
        detail={},
        configuration_set=message.configuration_set,
    )
