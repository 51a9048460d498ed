"""Custom verification mails: made, read, changed, deleted, listed, and sent.

Functions on a connection, to be run in a transaction of the store. They raise an ApiError in the
real service's words. Sending begins the verification of the address, in the transaction in which
the mail goes through the door as any mail of the customer's does: what is refused begins nothing.
"""

import re
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from pillarbox.accept.identity_match import most_specific
from pillarbox.base.errors import AlreadyExists, BadRequest, LimitExceeded, NotFound
from pillarbox.manage.identities.creation import blank_row, check_room, restarted
from pillarbox.manage.names import IdentityName, check_resource_tags, parse_identity, shortened
from pillarbox.manage.paging import BadToken, Page, Paging
from pillarbox.manage.sets.configuration_sets import missing_set
from pillarbox.manage.tags import Tags, write_tags
from pillarbox.model.covering import covering_names
from pillarbox.model.sender import SenderIdentity
from pillarbox.model.verification import LINK_MS, VERIFIED_STATES
from pillarbox.proto.links.web_target import is_web_target
from pillarbox.proto.mime.addresses import AddressError, parse_address
from pillarbox.store.generations import bump_generation
from pillarbox.store.identity import verification_templates as rows
from pillarbox.store.identity.identities import find_identity, insert_identity, update_identity
from pillarbox.store.identity.verification_templates import TemplateRow
from pillarbox.store.sets.configuration_sets import find_configuration_set
from pillarbox.store.sets.sender import find_sender_identities, read_accounts

MAX_TEMPLATES, MAX_PAGE = 50, 50
MAX_CONTENT = 10 * 1024 * 1024
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateText:
    """What a mail says; None, in a change: as it is."""

    name: str
    from_address: str | None = None
    subject: str | None = None
    content: str | None = None
    success_url: str | None = None
    failure_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A mail to be sent to an address."""

    address: str
    template: str
    configuration_set: str | None = None


def create_template(
    conn: Connection,
    account_id: str,
    new: TemplateText,
    *,
    tags: Tags = (),
    now: int,
    everything_verified: bool,
) -> None:
    """Make a mail. Raises BadRequest, NotFound, AlreadyExists or LimitExceeded."""
    bump_generation(conn, account_id)  # first, so that changes of an account take turns
    row = TemplateRow(
        account_id=account_id,
        name=new.name,
        from_address=new.from_address or "",
        subject=new.subject or "",
        content=new.content or "",
        success_url=new.success_url or "",
        failure_url=new.failure_url or "",
        tags=write_tags(tags),
        created_at=now,
    )
    _check(conn, row, everything_verified=everything_verified)
    check_resource_tags(tags)
    if rows.find_template(conn, account_id, new.name) is not None:
        raise _taken(new.name)
    if rows.count_templates(conn, account_id) >= MAX_TEMPLATES:
        raise LimitExceeded(
            f"A maximum of {MAX_TEMPLATES} custom verification email templates is allowed."
        )
    if not rows.insert_template(conn, row):
        raise _taken(new.name)


def get_template(conn: Connection, account_id: str, name: str) -> TemplateRow:
    """Give a mail. Raises NotFound."""
    row = rows.find_template(conn, account_id, name)
    if row is None:
        raise _missing(name)
    return row


def update_template(
    conn: Connection, account_id: str, new: TemplateText, *, everything_verified: bool
) -> None:
    """Change a mail. Raises BadRequest or NotFound."""
    bump_generation(conn, account_id)
    row = get_template(conn, account_id, new.name)
    given = {
        name: value
        for name in ("from_address", "subject", "content", "success_url", "failure_url")
        if (value := getattr(new, name)) is not None
    }
    changed = replace(row, **given)
    _check(conn, changed, everything_verified=everything_verified)
    rows.update_template(conn, changed)


def delete_template(conn: Connection, account_id: str, name: str) -> bool:
    """Delete a mail; tell whether it was there. Links that were sent lose where they lead on to."""
    bump_generation(conn, account_id)
    return rows.delete_template(conn, account_id, name)


def list_templates(
    conn: Connection, paging: Paging, *, token: str | None, size: int | None
) -> Page[TemplateRow]:
    """Give a page of mails by name. Raises BadRequest."""
    if size is not None and not 1 <= size <= MAX_PAGE:
        raise BadRequest(f"The page size must be between 1 and {MAX_PAGE}")
    try:
        after = paging.after(token)
    except BadToken:
        raise BadRequest(f"Invalid nextToken <{shortened(token or '')}>.") from None
    limit = size or MAX_PAGE
    found = rows.list_templates(conn, paging.account_id, after=after, limit=limit + 1)
    return paging.page(found, limit, lambda row: row.name)


def template_to_send(
    conn: Connection, account_id: str, wanted: Sending, *, everything_verified: bool
) -> TemplateRow:
    """Give the mail that is to be sent, once all that can be checked before is in order.

    Raises BadRequest or NotFound.
    """
    row = get_template(conn, account_id, wanted.template)
    account = read_accounts(conn, {account_id}).get(account_id)
    if account is None or not account.production:
        raise BadRequest(
            "Production access is needed to send custom verification emails.",
            query_code="ProductionAccessNotGranted",
        )
    _check_from(conn, row, everything_verified=everything_verified)
    chosen = wanted.configuration_set
    if chosen and find_configuration_set(conn, account_id, chosen) is None:
        raise missing_set(chosen)
    _address(wanted.address)
    return row


def begin_verification(
    account_id: str, address: str, now: int, most: int, conn: Connection
) -> None:
    """Begin to verify an address, in the transaction that accepts the mail to it.

    An address that is verified stays so. `most`: how many identities the account may have. Raises
    BadRequest or LimitExceeded.
    """
    bump_generation(conn, account_id)
    parsed = _address(address)
    found = find_identity(conn, account_id, parsed.name)
    if found is None:
        check_room(conn, account_id, most)
        insert_identity(conn, blank_row(account_id, parsed, now))
    elif found.status not in VERIFIED_STATES:
        changes = {**restarted(now), "next_check_at": now + LINK_MS}
        update_identity(conn, account_id, parsed.name, changes)


def with_link(content: str, link: str) -> str:
    """Put the link into the HTML of a mail: at its end, where the real service has it."""
    ours = f'<p><a href="{link}" data-no-track>{link}</a></p>'
    ends = list(_BODY_END.finditer(content))
    at = ends[-1].start() if ends else len(content)
    return f"{content[:at]}{ours}{content[at:]}"


def _check(conn: Connection, row: TemplateRow, *, everything_verified: bool) -> None:
    """Check a mail in the real service's order: what is missing, the sender, the URLs."""
    named = {
        "TemplateName": row.name,
        "FromEmailAddress": row.from_address,
        "TemplateSubject": row.subject,
        "TemplateContent": row.content,
        "SuccessRedirectionURL": row.success_url,
        "FailureRedirectionURL": row.failure_url,
    }
    for name, value in named.items():
        if not value.strip():
            raise BadRequest(f"{name} is required.")
    if not _NAME.fullmatch(row.name):
        raise BadRequest(
            "TemplateName can contain up to 64 characters. Only alphanumeric characters, "
            "underscores(_) and hyphens(-) are allowed."
        )
    if len(row.content.encode()) > MAX_CONTENT:
        raise BadRequest(
            "The content of a custom verification email must be less than 10 MB.",
            query_code="CustomVerificationEmailInvalidContent",
        )
    _check_from(conn, row, everything_verified=everything_verified)
    if not is_web_target(row.success_url):
        raise BadRequest("The success redirection URL is invalid")
    if not is_web_target(row.failure_url):
        raise BadRequest("The failure redirection URL is invalid")


def _check_from(conn: Connection, row: TemplateRow, *, everything_verified: bool) -> None:
    def verified(identity: SenderIdentity) -> bool:
        return everything_verified or identity.status in VERIFIED_STATES

    try:
        address = parse_address(row.from_address).address
    except AddressError as error:
        raise BadRequest(str(error)) from None
    names = covering_names(address, address)
    known = find_sender_identities(conn, row.account_id, names)
    if most_specific(names, known, verified) is None:
        refusal = NotFound(
            f"The from email address <{shortened(row.from_address)}> is not verified",
            query_code="FromEmailAddressNotVerified",
        )
        refusal.members = {"FromEmailAddress": row.from_address}
        raise refusal


def _address(text: str) -> IdentityName:
    parsed = parse_identity(text)
    if parsed.kind != "EMAIL_ADDRESS":
        raise BadRequest(f"Invalid email address<{shortened(text)}>.")
    return parsed


def _taken(name: str) -> AlreadyExists:
    code = "CustomVerificationEmailTemplateAlreadyExists"
    error = AlreadyExists(
        f"Custom verification email template <{name}> already exists", query_code=code
    )
    error.members = {"CustomVerificationEmailTemplateName": name}
    return error


def _missing(name: str) -> NotFound:
    code = "CustomVerificationEmailTemplateDoesNotExist"
    error = NotFound(
        f"Custom verification email template <{shortened(name)}> does not exist", query_code=code
    )
    error.members = {"CustomVerificationEmailTemplateName": name}
    return error
