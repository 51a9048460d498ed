"""The identity operations: requests become calls of `manage/identities.py`, identities answers."""

from dataclasses import dataclass
from typing import cast

from pillarbox.manage.identities import Identity, delete_identity, get_identity
from pillarbox.manage.identity_creation import NewIdentity, create_identity, needs_tokens
from pillarbox.manage.identity_list import IdentityFilter, list_identities
from pillarbox.manage.paging import Paging
from pillarbox.proto.rest_json import epoch_seconds
from pillarbox.store.identities import TokenRow
from pillarbox.wire.http.operation import AnyOperation, Call, Operation
from pillarbox.wire.sesv2.dialect import Dialect
from pillarbox.wire.sesv2.identity_shapes import (
    CreateEmailIdentityRequest,
    CreateEmailIdentityResponse,
    DeleteEmailIdentityRequest,
    DkimAttributes,
    DkimSigningAttributes,
    ErrorType,
    GetEmailIdentityRequest,
    GetEmailIdentityResponse,
    IdentityInfo,
    IdentityType,
    KeyLength,
    ListEmailIdentitiesRequest,
    ListEmailIdentitiesResponse,
    MailFromAttributes,
    MailFromBehavior,
    MailFromStatus,
    VerificationInfo,
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
        """CreateEmailIdentity: the keys are made between a check and the transaction."""
        services, account_id = self.services, call.caller.account_id
        again = self.dialect.identity_again
        new = _new_identity(call.request)
        tokens: list[TokenRow] = []
        if await services.store.read(lambda conn: needs_tokens(conn, account_id, new, again=again)):
            tokens += await services.new_tokens(new.key_bits)
        identity = await services.store.write(
            lambda conn: create_identity(
                conn,
                account_id,
                new,
                tokens,
                now=services.now(),
                again=again,
                everything_verified=services.everything_verified,
            )
        )
        return CreateEmailIdentityResponse(
            identity_type=cast("IdentityType", identity.kind),
            verified_for_sending_status=identity.verified,
            dkim_attributes=self._dkim(identity),
        )

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
            dkim_attributes=self._dkim(identity),
            mail_from_attributes=self._mail_from(identity),
            policies={},
            tags=tag_shapes(identity.tags),
            configuration_set_name=identity.configuration_set,
            verification_status=cast("VerificationStatus", identity.status),
            verification_info=_verification_info(identity),
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

    def _dkim(self, identity: Identity) -> DkimAttributes:
        """Give the DKIM state: an address has none of its own, its domain signs."""
        if identity.kind != "DOMAIN":
            return DkimAttributes(
                signing_enabled=False, status="NOT_STARTED", signing_attributes_origin="AWS_SES"
            )
        bits = cast("KeyLength", f"RSA_{identity.signing_key_bits}_BIT")
        return DkimAttributes(
            signing_enabled=identity.signing_enabled,
            status=cast("VerificationStatus", identity.status),
            tokens=identity.tokens,
            signing_hosted_zone=self.services.signing_zone,
            signing_attributes_origin="AWS_SES",
            next_signing_key_length=bits,
            current_signing_key_length=bits,
            last_key_generation_timestamp=epoch_seconds(identity.created_at),
        )

    def _mail_from(self, identity: Identity) -> MailFromAttributes | None:
        if identity.mail_from_domain is None and not self.dialect.mail_from_always:
            return None
        return MailFromAttributes(
            mail_from_domain=identity.mail_from_domain,
            mail_from_domain_status=cast("MailFromStatus | None", identity.mail_from_status),
            behavior_on_mx_failure=cast("MailFromBehavior", identity.mail_from_behavior),
        )


def _new_identity(request: CreateEmailIdentityRequest) -> NewIdentity:
    signing = request.dkim_signing_attributes or DkimSigningAttributes()
    own_key = (
        signing.domain_signing_private_key is not None
        or signing.domain_signing_selector is not None
        or signing.domain_signing_attributes_origin not in {None, "AWS_SES"}
    )
    return NewIdentity(
        name=request.email_identity,
        tags=tag_pairs(request.tags),
        configuration_set=request.configuration_set_name,
        key_bits=1024 if signing.next_signing_key_length == "RSA_1024_BIT" else 2048,
        signing_chosen=request.dkim_signing_attributes is not None,
        own_key=own_key,
    )


def _verification_info(identity: Identity) -> VerificationInfo | None:
    if identity.checked_at is None:
        return None
    success = identity.last_success_at
    return VerificationInfo(
        last_checked_timestamp=epoch_seconds(identity.checked_at),
        last_success_timestamp=None if success is None else epoch_seconds(success),
        error_type=cast("ErrorType | None", identity.check_error),
    )


def _info(identity: Identity) -> IdentityInfo:
    return IdentityInfo(
        identity_type=cast("IdentityType", identity.kind),
        identity_name=identity.name,
        sending_enabled=identity.verified,
        verification_status=cast("VerificationStatus", identity.status),
    )
