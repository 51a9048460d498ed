"""What is known of identities: each Get answers a map that leaves out unknown ones (facts §7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from pillarbox.manage.identities.identities import Identity, get_identities
from pillarbox.manage.identities.notifications import Notifications, get_notifications
from pillarbox.wire.http.operation import Call
from pillarbox.wire.ses import identity_shapes as shapes
from pillarbox.wire.ses.action import Action, AnyAction
from pillarbox.wire.ses.words import pascal
from pillarbox.wire.sesv2.services import Services


@dataclass(frozen=True, slots=True)
class IdentityAttributes:
    """The handlers."""

    services: Services

    def actions(self) -> tuple[AnyAction, ...]:
        """Give the actions of this family."""
        return (
            Action(
                name="GetIdentityVerificationAttributes",
                request=shapes.IdentitiesRequest,
                handler=self.verification,
            ),
            Action(
                name="GetIdentityDkimAttributes",
                request=shapes.IdentitiesRequest,
                handler=self.dkim,
            ),
            Action(
                name="GetIdentityMailFromDomainAttributes",
                request=shapes.IdentitiesRequest,
                handler=self.mail_from,
            ),
            Action(
                name="GetIdentityNotificationAttributes",
                request=shapes.IdentitiesRequest,
                handler=self.notifications,
            ),
        )

    async def verification(
        self, call: Call[shapes.IdentitiesRequest]
    ) -> shapes.GetIdentityVerificationAttributesResponse:
        """GetIdentityVerificationAttributes."""
        found = await self._identities(call)
        return shapes.GetIdentityVerificationAttributesResponse(
            verification_attributes={
                name: shapes.VerificationAttributes(
                    verification_status=cast("shapes.Status", pascal(one.status)),
                    verification_token=one.txt_token,
                )
                for name, one in found.items()
            }
        )

    async def dkim(
        self, call: Call[shapes.IdentitiesRequest]
    ) -> shapes.GetIdentityDkimAttributesResponse:
        """GetIdentityDkimAttributes."""
        found = await self._identities(call)
        return shapes.GetIdentityDkimAttributesResponse(
            dkim_attributes={name: _dkim(one) for name, one in found.items()}
        )

    async def mail_from(
        self, call: Call[shapes.IdentitiesRequest]
    ) -> shapes.GetIdentityMailFromDomainAttributesResponse:
        """GetIdentityMailFromDomainAttributes."""
        found = await self._identities(call)
        return shapes.GetIdentityMailFromDomainAttributesResponse(
            mail_from_domain_attributes={
                name: shapes.MailFromAttributes(
                    mail_from_domain=one.mail_from_domain,
                    mail_from_domain_status=cast(
                        "shapes.MailFromStatus", pascal(one.mail_from_status)
                    ),
                    behavior_on_mx_failure=cast("shapes.Behavior", pascal(one.mail_from_behavior)),
                )
                for name, one in found.items()
                if one.mail_from_domain is not None and one.mail_from_status is not None
            }
        )

    async def notifications(
        self, call: Call[shapes.IdentitiesRequest]
    ) -> shapes.GetIdentityNotificationAttributesResponse:
        """GetIdentityNotificationAttributes: a topic that is not set is empty."""
        account_id, names = call.caller.account_id, call.request.identities
        found = await self.services.store.read(
            lambda conn: get_notifications(conn, account_id, names)
        )
        return shapes.GetIdentityNotificationAttributesResponse(
            notification_attributes={name: _notifications(one) for name, one in found.items()}
        )

    async def _identities(self, call: Call[shapes.IdentitiesRequest]) -> Mapping[str, Identity]:
        account_id, names = call.caller.account_id, call.request.identities
        verified = self.services.everything_verified
        return await self.services.store.read(
            lambda conn: get_identities(conn, account_id, names, everything_verified=verified)
        )


def _dkim(identity: Identity) -> shapes.DkimAttributes:
    return shapes.DkimAttributes(
        dkim_enabled=identity.signing_enabled,
        dkim_verification_status=cast("shapes.Status", pascal(identity.dkim_status)),
        dkim_tokens=identity.tokens,
    )


def _notifications(one: Notifications) -> shapes.NotificationAttributes:
    return shapes.NotificationAttributes(
        bounce_topic=one.topics.get("Bounce", ""),
        complaint_topic=one.topics.get("Complaint", ""),
        delivery_topic=one.topics.get("Delivery", ""),
        forwarding_enabled=one.forwarding,
        headers_in_bounce_notifications_enabled=one.headers.get("Bounce", False),
        headers_in_complaint_notifications_enabled=one.headers.get("Complaint", False),
        headers_in_delivery_notifications_enabled=one.headers.get("Delivery", False),
    )
