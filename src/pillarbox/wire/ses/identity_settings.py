"""What is set on an identity: requests become calls of `manage`."""

from dataclasses import dataclass

from pillarbox.manage.identities.mail_from import set_mail_from
from pillarbox.manage.identities.notifications import (
    set_headers_in_notifications,
    set_notification_topic,
)
from pillarbox.manage.identities.settings import set_dkim_enabled, set_feedback_forwarding
from pillarbox.wire.http.operation import Call
from pillarbox.wire.ses import identity_shapes as shapes
from pillarbox.wire.ses.action import Action, AnyAction
from pillarbox.wire.ses.words import capitals
from pillarbox.wire.sesv2.services import Services


@dataclass(frozen=True, slots=True)
class IdentitySettings:
    """The handlers."""

    services: Services

    def actions(self) -> tuple[AnyAction, ...]:
        """Give the actions of this family."""
        return (
            Action(
                name="SetIdentityDkimEnabled",
                request=shapes.SetIdentityDkimEnabledRequest,
                handler=self.set_dkim,
            ),
            Action(
                name="SetIdentityFeedbackForwardingEnabled",
                request=shapes.SetIdentityFeedbackForwardingEnabledRequest,
                handler=self.set_forwarding,
            ),
            Action(
                name="SetIdentityMailFromDomain",
                request=shapes.SetIdentityMailFromDomainRequest,
                handler=self.set_mail_from,
            ),
            Action(
                name="SetIdentityHeadersInNotificationsEnabled",
                request=shapes.SetIdentityHeadersInNotificationsEnabledRequest,
                handler=self.set_headers,
            ),
            Action(
                name="SetIdentityNotificationTopic",
                request=shapes.SetIdentityNotificationTopicRequest,
                handler=self.set_topic,
            ),
        )

    async def set_dkim(self, call: Call[shapes.SetIdentityDkimEnabledRequest]) -> None:
        """SetIdentityDkimEnabled."""
        account_id, request = call.caller.account_id, call.request
        await self.services.store.write(
            lambda conn: set_dkim_enabled(
                conn, account_id, request.identity, enabled=request.dkim_enabled
            )
        )

    async def set_forwarding(
        self, call: Call[shapes.SetIdentityFeedbackForwardingEnabledRequest]
    ) -> None:
        """SetIdentityFeedbackForwardingEnabled."""
        account_id, request = call.caller.account_id, call.request
        await self.services.store.write(
            lambda conn: set_feedback_forwarding(
                conn, account_id, request.identity, enabled=request.forwarding_enabled
            )
        )

    async def set_mail_from(self, call: Call[shapes.SetIdentityMailFromDomainRequest]) -> None:
        """SetIdentityMailFromDomain: without a domain it is taken away."""
        account_id, request, now = call.caller.account_id, call.request, self.services.now()
        behavior = request.behavior_on_mx_failure
        await self.services.store.write(
            lambda conn: set_mail_from(
                conn,
                account_id,
                request.identity,
                request.mail_from_domain,
                None if behavior is None else capitals(behavior),
                now=now,
            )
        )

    async def set_headers(
        self, call: Call[shapes.SetIdentityHeadersInNotificationsEnabledRequest]
    ) -> None:
        """SetIdentityHeadersInNotificationsEnabled."""
        account_id, request = call.caller.account_id, call.request
        await self.services.store.write(
            lambda conn: set_headers_in_notifications(
                conn,
                account_id,
                request.identity,
                request.notification_type,
                enabled=request.enabled,
            )
        )

    async def set_topic(self, call: Call[shapes.SetIdentityNotificationTopicRequest]) -> None:
        """SetIdentityNotificationTopic: without a topic it is taken away."""
        account_id, request = call.caller.account_id, call.request
        await self.services.store.write(
            lambda conn: set_notification_topic(
                conn,
                account_id,
                request.identity,
                request.notification_type,
                request.sns_topic,
                now=self.services.now(),
            )
        )
