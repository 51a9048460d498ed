"""The Put operations of identities: requests become calls of `manage`."""

from dataclasses import dataclass
from typing import Any, cast

import msgspec

from pillarbox.manage.identities.dkim_signing import Signing, needed_keys, set_signing
from pillarbox.manage.identities.mail_from import set_mail_from
from pillarbox.manage.identities.settings import (
    set_default_configuration_set,
    set_dkim_enabled,
    set_feedback_forwarding,
)
from pillarbox.store.identity.identities import TokenRow
from pillarbox.wire.http.operation import AnyOperation, Call, Handler, Operation
from pillarbox.wire.sesv2.identity_answers import signing_of
from pillarbox.wire.sesv2.identity_shapes import (
    DkimSigningAttributes,
    PutEmailIdentityConfigurationSetAttributesRequest,
    PutEmailIdentityDkimAttributesRequest,
    PutEmailIdentityDkimSigningAttributesRequest,
    PutEmailIdentityDkimSigningAttributesResponse,
    PutEmailIdentityFeedbackAttributesRequest,
    PutEmailIdentityMailFromAttributesRequest,
    VerificationStatus,
)
from pillarbox.wire.sesv2.services import Services

_ONE = "/v2/email/identities/{EmailIdentity}"


@dataclass(frozen=True, slots=True)
class IdentitySettings:
    """The handlers."""

    services: Services

    def operations(self) -> tuple[AnyOperation, ...]:
        """Give the operations that both JSON APIs have in the same form, under `/v2/`."""
        return (
            _put(
                "PutEmailIdentityDkimAttributes",
                "dkim",
                PutEmailIdentityDkimAttributesRequest,
                self.put_dkim,
            ),
            _put(
                "PutEmailIdentityFeedbackAttributes",
                "feedback",
                PutEmailIdentityFeedbackAttributesRequest,
                self.put_feedback,
            ),
            _put(
                "PutEmailIdentityMailFromAttributes",
                "mail-from",
                PutEmailIdentityMailFromAttributesRequest,
                self.put_mail_from,
            ),
        )

    def only_v2(self) -> tuple[AnyOperation, ...]:
        """Give the operations that v1 does not have."""
        return (
            _put(
                "PutEmailIdentityDkimSigningAttributes",
                "dkim/signing",
                PutEmailIdentityDkimSigningAttributesRequest,
                self.put_dkim_signing,
            ),
            _put(
                "PutEmailIdentityConfigurationSetAttributes",
                "configuration-set",
                PutEmailIdentityConfigurationSetAttributesRequest,
                self.put_configuration_set,
            ),
        )

    async def put_dkim(self, call: Call[PutEmailIdentityDkimAttributesRequest]) -> None:
        """PutEmailIdentityDkimAttributes: what is left out is off."""
        account_id, request = call.caller.account_id, call.request
        await self.services.store.write(
            lambda conn: set_dkim_enabled(
                conn, account_id, request.email_identity, enabled=bool(request.signing_enabled)
            )
        )

    async def put_feedback(self, call: Call[PutEmailIdentityFeedbackAttributesRequest]) -> None:
        """PutEmailIdentityFeedbackAttributes: what is left out is off."""
        account_id, request = call.caller.account_id, call.request
        enabled = bool(request.email_forwarding_enabled)
        await self.services.store.write(
            lambda conn: set_feedback_forwarding(
                conn, account_id, request.email_identity, enabled=enabled
            )
        )

    async def put_mail_from(self, call: Call[PutEmailIdentityMailFromAttributesRequest]) -> None:
        """PutEmailIdentityMailFromAttributes."""
        account_id, request = call.caller.account_id, call.request
        now = self.services.now()
        await self.services.store.write(
            lambda conn: set_mail_from(
                conn,
                account_id,
                request.email_identity,
                request.mail_from_domain,
                request.behavior_on_mx_failure,
                now=now,
            )
        )

    async def put_configuration_set(
        self, call: Call[PutEmailIdentityConfigurationSetAttributesRequest]
    ) -> None:
        """PutEmailIdentityConfigurationSetAttributes."""
        account_id, request = call.caller.account_id, call.request
        await self.services.store.write(
            lambda conn: set_default_configuration_set(
                conn, account_id, request.email_identity, request.configuration_set_name
            )
        )

    async def put_dkim_signing(
        self, call: Call[PutEmailIdentityDkimSigningAttributesRequest]
    ) -> PutEmailIdentityDkimSigningAttributesResponse:
        """PutEmailIdentityDkimSigningAttributes: keys are made before the transaction."""
        services, account_id, request = self.services, call.caller.account_id, call.request
        name = request.email_identity
        given = request.signing_attributes or DkimSigningAttributes()
        signing = signing_of(given, request.signing_attributes_origin)
        now = services.now()
        keys = await self._make(account_id, name, signing, now)
        identity = await services.store.write(
            lambda conn: set_signing(
                conn,
                account_id,
                name,
                signing,
                keys,
                now=now,
                everything_verified=services.everything_verified,
            )
        )
        return PutEmailIdentityDkimSigningAttributesResponse(
            dkim_status=cast("VerificationStatus", identity.dkim_status),
            dkim_tokens=identity.tokens,
            signing_hosted_zone=None if signing.external else services.signing_zone,
        )

    async def _make(self, account_id: str, name: str, signing: Signing, now: int) -> list[TokenRow]:
        services = self.services
        needed = await services.store.read(
            lambda conn: needed_keys(conn, account_id, name, signing, now)
        )
        if needed.kind == "tokens":
            return list(await services.new_tokens(needed.bits))
        if needed.kind == "external":
            return [await services.own_key(signing.selector or "", signing.private_key or "")]
        if needed.kind == "next":
            return [await services.next_key(needed.selector, needed.bits)]
        return []


def _put(
    name: str, place: str, request: type[msgspec.Struct], handler: Handler[Any]
) -> AnyOperation:
    return Operation(
        name=name,
        method="PUT",
        path=f"{_ONE}/{place}",
        request=request,
        handler=handler,
        resource="identity/{EmailIdentity}",
    )
