"""Verifying, listing and forgetting identities: requests become calls of `manage`."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pillarbox.base.errors import BadRequest, NotFound
from pillarbox.manage.identities.identities import delete_identity
from pillarbox.manage.identities.listing import MAX_PAGE, IdentityFilter, list_identities
from pillarbox.manage.identities.verification import (
    needs_dkim_tokens,
    verify_domain,
    verify_domain_dkim,
    verify_email,
)
from pillarbox.manage.names import parse_identity, shortened
from pillarbox.manage.paging import BadToken, Paging
from pillarbox.store.identity.identities import TokenRow
from pillarbox.wire.http.operation import Call
from pillarbox.wire.ses import identity_shapes as shapes
from pillarbox.wire.ses.action import Action, AnyAction
from pillarbox.wire.ses.shared_shapes import Empty
from pillarbox.wire.ses.words import capitals
from pillarbox.wire.sesv2.services import Services

_KEY_BITS = 2048


@dataclass(frozen=True, slots=True)
class Identities:
    """The handlers."""

    services: Services

    def actions(self) -> tuple[AnyAction, ...]:
        """Give the actions of this family."""
        address, one = shapes.EmailAddressRequest, shapes.IdentityRequest
        return (
            Action(name="VerifyEmailIdentity", request=address, handler=self.verify_email),
            Action(
                name="VerifyEmailAddress", request=address, handler=self.verify_email, result=False
            ),
            Action(
                name="VerifyDomainIdentity",
                request=shapes.DomainRequest,
                handler=self.verify_domain,
            ),
            Action(name="VerifyDomainDkim", request=shapes.DomainRequest, handler=self.verify_dkim),
            Action(name="ListIdentities", request=shapes.ListIdentitiesRequest, handler=self.list),
            Action(name="ListVerifiedEmailAddresses", request=Empty, handler=self.list_addresses),
            Action(name="DeleteIdentity", request=one, handler=self.delete),
            Action(
                name="DeleteVerifiedEmailAddress",
                request=address,
                handler=self.delete_address,
                result=False,
            ),
        )

    async def verify_email(self, call: Call[shapes.EmailAddressRequest]) -> None:
        """VerifyEmailIdentity, VerifyEmailAddress: asks the address by mail, again if need be."""
        services, account_id = self.services, call.caller.account_id
        address, now = call.request.email_address, services.now()
        _check_address(address)
        mail = services.verification_mail(account_id, address, now)
        await services.store.write(
            lambda conn: verify_email(conn, account_id, address, mail, now=now)
        )

    async def verify_domain(
        self, call: Call[shapes.DomainRequest]
    ) -> shapes.VerifyDomainIdentityResponse:
        """VerifyDomainIdentity: a TXT record verifies the domain."""
        account_id, domain, now = call.caller.account_id, call.request.domain, self.services.now()
        token = await self.services.store.write(
            lambda conn: verify_domain(conn, account_id, domain, now=now)
        )
        return shapes.VerifyDomainIdentityResponse(verification_token=token)

    async def verify_dkim(
        self, call: Call[shapes.DomainRequest]
    ) -> shapes.VerifyDomainDkimResponse:
        """VerifyDomainDkim: keys are made between a check and the transaction."""
        services, account_id, domain = self.services, call.caller.account_id, call.request.domain
        keys: Sequence[TokenRow] = ()
        if await services.store.read(lambda conn: needs_dkim_tokens(conn, account_id, domain)):
            keys = await services.new_tokens(_KEY_BITS)
        tokens = await services.store.write(
            lambda conn: verify_domain_dkim(conn, account_id, domain, keys, now=services.now())
        )
        return shapes.VerifyDomainDkimResponse(dkim_tokens=tokens)

    async def list(self, call: Call[shapes.ListIdentitiesRequest]) -> shapes.ListIdentitiesResponse:
        """ListIdentities: what is wrong with a page is told by its own members (facts §1.8)."""
        request, services = call.request, self.services
        paging = Paging(services.paging_key, call.caller.account_id, "identities")
        _check_page(paging, request.next_token, request.max_items)
        kind = None if request.identity_type is None else capitals(request.identity_type)
        page = await services.store.read(
            lambda conn: list_identities(
                conn,
                paging,
                token=request.next_token,
                size=request.max_items,
                least_size=1,
                wanted=IdentityFilter(kind=kind),
                everything_verified=services.everything_verified,
            )
        )
        names = tuple(identity.name for identity in page.items)
        return shapes.ListIdentitiesResponse(identities=names, next_token=page.next_token)

    async def list_addresses(self, call: Call[Empty]) -> shapes.ListVerifiedEmailAddressesResponse:
        """ListVerifiedEmailAddresses: all of them, since there are no pages."""
        services = self.services
        paging = Paging(services.paging_key, call.caller.account_id, "identities")

        def read(conn: Connection) -> tuple[str, ...]:
            found: list[str] = []
            token: str | None = None
            while True:
                page = list_identities(
                    conn,
                    paging,
                    token=token,
                    size=MAX_PAGE,
                    least_size=1,
                    wanted=IdentityFilter(kind="EMAIL_ADDRESS"),
                    everything_verified=services.everything_verified,
                )
                found += [identity.name for identity in page.items if identity.verified]
                token = page.next_token
                if token is None:
                    return tuple(found)

        addresses = await services.store.read(read)
        return shapes.ListVerifiedEmailAddressesResponse(verified_email_addresses=addresses)

    async def delete(self, call: Call[shapes.IdentityRequest]) -> None:
        """DeleteIdentity."""
        await self._delete(call.caller.account_id, call.request.identity)

    async def delete_address(self, call: Call[shapes.EmailAddressRequest]) -> None:
        """DeleteVerifiedEmailAddress."""
        await self._delete(call.caller.account_id, call.request.email_address)

    async def _delete(self, account_id: str, name: str) -> None:
        """Forget an identity; it is no error that there is none: the model has none for it."""
        now = self.services.now()
        with contextlib.suppress(NotFound):
            await self.services.store.write(
                lambda conn: delete_identity(conn, account_id, name, now=now)
            )


def _check_address(address: str) -> None:
    """Refuse what is no address before a mail is made for it."""
    if "@" not in address:
        raise BadRequest(f"Invalid email address<{shortened(address)}>.")
    parse_identity(address)


def _check_page(paging: Paging, token: str | None, size: int | None) -> None:
    if size is not None and not 1 <= size <= MAX_PAGE:
        raise BadRequest(
            f"Value {size} for parameter MaxItems is invalid. "
            f"MaxItems must be between 1 and {MAX_PAGE}."
        )
    try:
        paging.after(token)
    except BadToken:
        raise BadRequest(f"Invalid NextToken <{shortened(token or '')}>.") from None
