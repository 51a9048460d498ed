"""The identity operations: requests become calls of `manage/identities/identities.py`,
identities answers.
"""

from dataclasses import dataclass
from typing import cast

from pillarbox.manage.identities.creation import Made, NewIdentity, create_identity, what_it_needs
from pillarbox.manage.identities.identities import Identity, delete_identity, get_identity
from pillarbox.manage.identities.listing import IdentityFilter, list_identities
from pillarbox.manage.paging import Paging
from pillarbox.wire.http.operation import AnyOperation, Call, Operation
from pillarbox.wire.sesv2.dialect import Dialect
from pillarbox.wire.sesv2.identity_answers import (
    dkim_attributes,
    mail_from_attributes,
    signing_of,
    verification_info,
)
from pillarbox.wire.sesv2.identity_shapes import (
    CreateEmailIdentityRequest,
    CreateEmailIdentityResponse,
    DeleteEmailIdentityRequest,
    GetEmailIdentityRequest,
    GetEmailIdentityResponse,
    IdentityInfo,
    IdentityType,
    ListEmailIdentitiesRequest,
    ListEmailIdentitiesResponse,
    VerificationStatus,
)
from pillarbox.wire.sesv2.services import Services
from pillarbox.wire.sesv2.shared_shapes import PAGE_QUERY, tag_pairs, tag_shapes

PATH = "/v2/email/identities"
ONE = PATH + "/{EmailIdentity}"


@dataclass(frozen=True, slots=True)
class Identities:
    """The handlers, in one API's dialect."""

    services: Services
    dialect: Dialect

    def operations(self) -> tuple[AnyOperation, ...]:
        """Give the operations that both JSON APIs have in the same form, under `/v2/`."""
        one = "identity/{EmailIdentity}"
        return (
            Operation(
                name="CreateEmailIdentity",
                method="POST",
                path=PATH,
                request=CreateEmailIdentityRequest,
                handler=self.create,
            ),
            Operation(
                name="GetEmailIdentity",
                method="GET",
                path=ONE,
                request=GetEmailIdentityRequest,
                handler=self.get,
                resource=one,
            ),
            Operation(
                name="DeleteEmailIdentity",
                method="DELETE",
                path=ONE,
                request=DeleteEmailIdentityRequest,
                handler=self.delete,
                resource=one,
            ),
            Operation(
                name="ListEmailIdentities",
                method="GET",
                path=PATH,
                request=ListEmailIdentitiesRequest,
                handler=self.list,
                query=PAGE_QUERY,
            ),
        )

    def post_list(self) -> AnyOperation:
        """Give the list call in today's form of SES v2 (facts §1.3)."""
        return Operation(
            name="ListEmailIdentities",
            method="POST",
            path="/v2/email/list-identities",
            request=ListEmailIdentitiesRequest,
            handler=self.list,
        )

    async def create(self, call: Call[CreateEmailIdentityRequest]) -> CreateEmailIdentityResponse:
        """CreateEmailIdentity: keys and mails are made between a check and the transaction."""
        services, account_id = self.services, call.caller.account_id
        again = self.dialect.identity_again
        new = _new_identity(call.request)
        made = await self._make(account_id, new)
        identity = await services.store.write(
            lambda conn: create_identity(
                conn,
                account_id,
                new,
                made,
                now=services.now(),
                again=again,
                everything_verified=services.everything_verified,
                most=services.quotas.identities,
            )
        )
        return CreateEmailIdentityResponse(
            identity_type=cast("IdentityType", identity.kind),
            verified_for_sending_status=identity.verified,
            dkim_attributes=dkim_attributes(identity, services.signing_zone),
        )

    async def _make(self, account_id: str, new: NewIdentity) -> Made:
        services, again = self.services, self.dialect.identity_again
        needed = await services.store.read(
            lambda conn: what_it_needs(
                conn, account_id, new, again=again, most=services.quotas.identities
            )
        )
        if needed == "tokens":
            return Made(keys=await services.new_tokens(new.key_bits))
        if needed == "external" and new.signing is not None:
            selector, key = new.signing.selector or "", new.signing.private_key or ""
            return Made(keys=[await services.own_key(selector, key)])
        if needed == "mail":
            return Made(mail=services.verification_mail(account_id, new.name, services.now()))
        return Made()

    async def get(self, call: Call[GetEmailIdentityRequest]) -> GetEmailIdentityResponse:
        """GetEmailIdentity."""
        account_id, name = call.caller.account_id, call.request.email_identity
        verified = self.services.everything_verified
        identity = await self.services.store.read(
            lambda conn: get_identity(conn, account_id, name, everything_verified=verified)
        )
        return GetEmailIdentityResponse(
            identity_type=cast("IdentityType", identity.kind),
            feedback_forwarding_status=identity.feedback_forwarding,
            verified_for_sending_status=identity.verified,
            dkim_attributes=dkim_attributes(identity, self.services.signing_zone),
            mail_from_attributes=mail_from_attributes(
                identity, always=self.dialect.mail_from_always
            ),
            policies={},
            tags=tag_shapes(identity.tags),
            configuration_set_name=identity.configuration_set,
            verification_status=cast("VerificationStatus", identity.status),
            verification_info=verification_info(identity),
        )

    async def delete(self, call: Call[DeleteEmailIdentityRequest]) -> None:
        """DeleteEmailIdentity."""
        account_id, name = call.caller.account_id, call.request.email_identity
        now = self.services.now()
        await self.services.store.write(
            lambda conn: delete_identity(conn, account_id, name, now=now)
        )

    async def list(self, call: Call[ListEmailIdentitiesRequest]) -> ListEmailIdentitiesResponse:
        """ListEmailIdentities."""
        request, services = call.request, self.services
        filters = dict(request.filter or {})
        paging = Paging(services.paging_key, call.caller.account_id, "identities")
        page = await services.store.read(
            lambda conn: list_identities(
                conn,
                paging,
                token=request.next_token,
                size=request.page_size,
                least_size=self.dialect.least_identity_page,
                wanted=IdentityFilter(
                    contains=filters.get("IDENTITY_NAME_CONTAINS"),
                    kind=filters.get("IDENTITY_TYPE"),
                    status=filters.get("VERIFICATION_STATUS"),
                ),
                everything_verified=services.everything_verified,
            )
        )
        return ListEmailIdentitiesResponse(
            email_identities=tuple(_info(identity) for identity in page.items),
            next_token=page.next_token,
        )


def _new_identity(request: CreateEmailIdentityRequest) -> NewIdentity:
    given = request.dkim_signing_attributes
    return NewIdentity(
        name=request.email_identity,
        tags=tag_pairs(request.tags),
        configuration_set=request.configuration_set_name,
        signing=None if given is None else signing_of(given),
    )


def _info(identity: Identity) -> IdentityInfo:
    return IdentityInfo(
        identity_type=cast("IdentityType", identity.kind),
        identity_name=identity.name,
        sending_enabled=identity.verified,
        verification_status=cast("VerificationStatus", identity.status),
    )
