"""Deciding whether a message may be sent, and what shapes it. Pure: all it needs is handed in.

The order of the checks is the order in which a caller learns of them: account, configuration set,
identities, quota, recipients, size, content, MAIL FROM.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pillarbox.accept.identity_match import (
    Verified,
    domains_of,
    most_specific,
    signing_identity,
)
from pillarbox.accept.list_management import ListState, plan_list, unsubscribed
from pillarbox.accept.prepared import Party, Prepared
from pillarbox.accept.tracking import TrackingQuestion, plan_tracking, unsubscribe_base
from pillarbox.accept.tracking_host import OwnHost
from pillarbox.base.errors import (
    AccountSuspended,
    ApiError,
    BadRequest,
    LimitExceeded,
    MailFromNotVerified,
    MessageRejected,
    NotFound,
    SendingPaused,
)
from pillarbox.model.account import Account
from pillarbox.model.contacts import ListPlan
from pillarbox.model.covering import covering_names
from pillarbox.model.sender import SenderIdentity, SendingRules
from pillarbox.model.simulator import Simulator
from pillarbox.model.template import TemplateVersion
from pillarbox.model.tracking import TrackingPlan
from pillarbox.model.tracking_setup import TrackingSetup

MAX_RECIPIENTS = 50
DEFAULT_DELIVERY_SECONDS = 50_400
#: How an envelope writes the null return path: a message with no domain for it.
NULL_RETURN_PATH = ""
_UNVERIFIED_SHOWN = 10

PAUSED_BY_US = (
    "Sending paused for this account. For more information, please check the inbox of the email "
    "address associated with your AWS account."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What the account has set up, as far as this message is concerned.

    `suppressed`: those recipients, in lower case, that are on the suppression list, with the
    reasons. `template`: the version in force of the stored template that the message names.
    `contact_list`: the one that it names, where there is one.
    """

    account: Account
    known: Mapping[str, SenderIdentity]
    rules: Mapping[str, SendingRules]
    sent_24h: int
    suppressed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    tracking: TrackingSetup = field(default_factory=TrackingSetup)
    contact_list: ListState | None = None
    template: TemplateVersion | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the deployment says: region, limits, return path, what counts as verified.

    `presumed`: DKIM keys and MAIL FROM domains count as found without a look (capture mode).
    `tracking`: where recipients reach the service's own tracking host. `simulator`: whom mail to
    costs no quota, and who needs no verification.
    """

    region: str
    return_path_domain: str
    max_message_bytes: int
    verified: Verified
    presumed: bool = False
    tracking: OwnHost = field(default_factory=OwnHost)
    simulator: Simulator = field(default_factory=Simulator)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What shapes an allowed message; frozen with it from here on.

    `suppressed`: the positions of recipients that get nothing, each with its reason. `contacts_of`:
    the id of the list that recipients become contacts of.
    """

    configuration_set: str | None
    tls_required: bool
    sending_pool: str | None
    signing_domain: str | None
    signing_token: str | None
    return_path_domain: str
    deadline: int
    suppressed: Mapping[int, str] = field(default_factory=dict)
    tracking: TrackingPlan | None = None
    list_plan: ListPlan | None = None
    contacts_of: bytes | None = None


def decide(prepared: Prepared, setup: Setup, policy: Policy) -> Decision:
    """Decide on one message.

    Raises the ApiError of the first check that fails, with the real service's text (facts §2.6).
    """
    _check_account(setup.account)
    names = covering_names(prepared.sender.address, prepared.sender.written)
    identity = most_specific(names, setup.known, policy.verified)
    rules = _choose_rules(prepared, identity, setup.rules)
    identity = _check_identities(prepared, identity, setup, policy)
    _check_quota(setup)
    _check_template(prepared, setup)
    _check_content(prepared, policy)
    _check_from_domain(prepared, names, setup)
    signing = signing_identity(names, setup.known, policy.verified)
    signs = signing is not None and (signing.signing_verified or policy.presumed)
    lifetime = rules and rules.max_delivery_seconds
    question = _tracking_question(prepared, rules, names, setup, policy)
    base = unsubscribe_base(question) if prepared.contact_list else None
    list_plan = plan_list(prepared, setup.contact_list, base)
    return Decision(
        configuration_set=rules.name if rules else None,
        tls_required=rules is not None and rules.tls_policy == "REQUIRE",
        sending_pool=rules.sending_pool if rules else None,
        signing_domain=signing.name if signing and signs else None,
        signing_token=signing.signing_token if signing and signs else None,
        return_path_domain=_return_path_domain(prepared, identity, policy),
        deadline=prepared.now + (lifetime or DEFAULT_DELIVERY_SECONDS) * 1000,
        suppressed=unsubscribed(prepared, setup.contact_list)
        | (_suppressed(prepared, setup, rules) if setup.suppressed else {}),
        tracking=plan_tracking(question),
        list_plan=list_plan,
        contacts_of=setup.contact_list.found.id if setup.contact_list else None,
    )


def identities_needed(prepared: Prepared, account: Account) -> list[str]:
    """Name the identities that `decide` will look at."""
    parties = prepared.senders
    if not account.production:
        parties += prepared.recipients
    names = [name for one in parties for name in covering_names(one.address, one.written)]
    return list(dict.fromkeys(names))


def _suppressed(prepared: Prepared, setup: Setup, rules: SendingRules | None) -> dict[int, str]:
    """Tell which recipients are suppressed, for the set's reasons or else the account's."""
    own = rules.suppressed_reasons if rules else None
    wanted = setup.account.suppressed_reasons if own is None else own
    found: dict[int, str] = {}
    for position, party in enumerate(prepared.recipients):
        listed = setup.suppressed.get(party.address.lower(), frozenset())
        if reasons := sorted(listed.intersection(wanted)):
            found[position] = reasons[0]
    return found


def _check_account(account: Account) -> None:
    if account.status == "restricted":
        raise AccountSuspended
    if account.status == "suspended" or account.enforcement == "SHUTDOWN":
        raise SendingPaused(PAUSED_BY_US, query_code="MessageRejected")
    if not account.sending_enabled:
        raise SendingPaused


def _choose_rules(
    prepared: Prepared, identity: SenderIdentity | None, rules: Mapping[str, SendingRules]
) -> SendingRules | None:
    """Take the set that the call names, else the identity's default (facts §4)."""
    default = identity.configuration_set if identity else None
    name = prepared.configuration_set or default
    if not name:
        return None
    if name not in rules:
        raise _missing_set(name, named=prepared.configuration_set is not None)
    if not rules[name].sending_enabled:
        raise SendingPaused(
            f"Sending is paused for configuration set {name}",
            query_code="ConfigurationSetSendingPausedException",
        )
    return rules[name]


def _missing_set(name: str, *, named: bool) -> ApiError:
    error = NotFound if named else BadRequest
    return error(
        f"Configuration set <{name}> does not exist.", query_code="ConfigurationSetDoesNotExist"
    )


def _check_identities(
    prepared: Prepared, identity: SenderIdentity | None, setup: Setup, policy: Policy
) -> SenderIdentity:
    parties = prepared.senders
    if not setup.account.production:
        parties += tuple(
            one for one in prepared.recipients if policy.simulator.mailbox(one.address) is None
        )
    unverified = [one.shown for one in parties if not _is_verified(one, setup, policy)]
    if unverified or identity is None:
        shown = ", ".join(unverified[:_UNVERIFIED_SHOWN])
        more = "..." if len(unverified) > _UNVERIFIED_SHOWN else ""
        raise MessageRejected(
            "Email address is not verified. The following identities failed the check in region "
            f"{policy.region.upper()}: {shown}{more}"
        )
    return identity


def _is_verified(party: Party, setup: Setup, policy: Policy) -> bool:
    names = covering_names(party.address, party.written)
    return most_specific(names, setup.known, policy.verified) is not None


def _check_quota(setup: Setup) -> None:
    limit = setup.account.max_24h
    if 0 <= limit <= setup.sent_24h:
        raise LimitExceeded("Daily message quota exceeded.", query_code="Throttling")


def _check_template(prepared: Prepared, setup: Setup) -> None:
    shared = prepared.shared
    if shared is not None and shared.name is not None and setup.template is None:
        raise missing_template(shared.name)


def missing_template(name: str) -> NotFound:
    """Say that an account has no such template."""
    error = NotFound(f"Template {name} does not exist", query_code="TemplateDoesNotExist")
    error.members["TemplateName"] = name
    return error


def _check_content(prepared: Prepared, policy: Policy) -> None:
    if prepared.problem is None and not prepared.recipients:
        raise BadRequest("Missing required header 'To'.")
    if prepared.recipient_count > MAX_RECIPIENTS:
        raise BadRequest(f"Recipient count exceeds {MAX_RECIPIENTS}.")
    size = prepared.size
    if size > policy.max_message_bytes:
        limit = policy.max_message_bytes
        raise BadRequest(f"Message length is more than {limit} bytes long: '{size}'.")
    if prepared.problem is not None:
        raise prepared.problem


def _check_from_domain(prepared: Prepared, names: Sequence[str], setup: Setup) -> None:
    """Refuse a From in a MAIL FROM domain that feedback would be sent to (facts §7).

    Mail to that domain comes back to us, and would never reach the sender.
    """
    feedback_to = prepared.feedback_to or prepared.sender.address
    domain = prepared.sender.address.rpartition("@")[2]
    if feedback_to.rpartition("@")[2].rstrip("> ").lower() != domain:
        return
    for name in names:
        identity = setup.known.get(name)
        if identity and identity.mail_from_domain == domain and identity.feedback_forwarding:
            raise MessageRejected(
                f"The domain {domain} is the MAIL FROM domain of {name}: it can't be used in a "
                "From address that feedback is forwarded to."
            )


def _tracking_question(
    prepared: Prepared,
    rules: SendingRules | None,
    names: Sequence[str],
    setup: Setup,
    policy: Policy,
) -> TrackingQuestion:
    sender = most_specific(domains_of(names), setup.known, policy.verified)
    domain = sender.name if sender else prepared.sender.address.rpartition("@")[2]
    return TrackingQuestion(
        override=prepared.tracking,
        rules=rules,
        sender_domain=domain,
        setup=setup.tracking,
        own=policy.tracking,
    )


def _return_path_domain(prepared: Prepared, identity: SenderIdentity, policy: Policy) -> str:
    if prepared.report:
        return NULL_RETURN_PATH
    if identity.mail_from_domain is None:
        return policy.return_path_domain
    if policy.presumed or identity.mail_from_status == "SUCCESS":
        return identity.mail_from_domain
    if identity.mail_from_behavior == "REJECT_MESSAGE":
        raise MailFromNotVerified
    return policy.return_path_domain
