"""Pillarbox's own calls about tracking, `/_pillarbox/tracking/…` (docs/tracking-api.md).

Trace domains, the tracking settings, and why a message is tracked as it is. Authentication is that
of every call; requests become calls of `manage/tracking_*.py`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from pillarbox.accept.tracking_host import own_host
from pillarbox.base.clock import now_ms
from pillarbox.base.settings import Settings
from pillarbox.identity.names import ServiceNames
from pillarbox.manage.tracking import domains
from pillarbox.manage.tracking import settings as kept
from pillarbox.manage.tracking.explanation import explain_tracking
from pillarbox.store.tracking.hosts import TrackingHostRow
from pillarbox.wire import own_tracking_shapes as shapes
from pillarbox.wire.http.operation import AnyOperation, Call, Operation
from pillarbox.wire.sesv2.services import Storage

PATH = "/_pillarbox/tracking"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingCalls:
    """The handlers.

    `verify`: looks a host up now and keeps what it finds; None in capture mode, where every host
    counts as verified. `cname`: where customers' CNAME records point. `own_url`: the service's own
    tracking host.
    """

    store: Storage
    now: Callable[[], int]
    verify: Callable[[TrackingHostRow], Awaitable[None]] | None
    cname: str
    own_url: str | None

    def operations(self) -> tuple[AnyOperation, ...]:
        """Give the calls as operations of the API listener."""
        hosts, settings = f"{PATH}/domains", f"{PATH}/settings"
        one, of_domain = f"{hosts}/{{domain}}", f"{settings}/domains/{{domain}}"
        nothing, named = shapes.NothingAsked, shapes.DomainRequest
        return (
            _call("GET", f"{PATH}/primary-domains", nothing, self.list_primary_domains),
            _call("GET", hosts, nothing, self.list_domains),
            _call("POST", hosts, shapes.CreateDomainRequest, self.create_domain),
            _call("GET", one, named, self.get_domain),
            _call("POST", f"{one}/verify", named, self.verify_domain),
            _call("DELETE", one, named, self.delete_domain),
            _call("GET", settings, nothing, self.get_settings),
            _call("PUT", settings, shapes.SettingsRequest, self.set_settings),
            _call("DELETE", settings, nothing, self.disable),
            _call("PUT", of_domain, shapes.DomainSettingsRequest, self.set_domain_settings),
            _call("DELETE", of_domain, named, self.delete_domain_settings),
            _call("GET", f"{PATH}/messages/{{message_id}}", shapes.MessageRequest, self.explain),
        )

    @property
    def _everything_verified(self) -> bool:
        return self.verify is None

    async def list_primary_domains(
        self, call: Call[shapes.NothingAsked]
    ) -> shapes.PrimaryDomainsAnswer:
        """Give the domains that trace domains can lie below."""
        found = await self.store.read(
            lambda conn: domains.primary_domains(
                conn, call.caller.account_id, everything_verified=self._everything_verified
            )
        )
        return shapes.PrimaryDomainsAnswer(primary_domains=found)

    async def list_domains(self, call: Call[shapes.NothingAsked]) -> shapes.DomainsAnswer:
        """Give the tracking hosts of the account."""
        found = await self.store.read(
            lambda conn: domains.list_tracking_domains(
                conn, call.caller.account_id, everything_verified=self._everything_verified
            )
        )
        return shapes.DomainsAnswer(
            domains=[shapes.domain_answer(one, self.cname) for one in found]
        )

    async def create_domain(self, call: Call[shapes.CreateDomainRequest]) -> shapes.DomainAnswer:
        """Create a trace domain."""
        request = call.request
        created = await self.store.write(
            lambda conn: domains.create_trace_domain(
                conn,
                call.caller.account_id,
                request.primary_domain,
                request.prefix,
                now=self.now(),
                everything_verified=self._everything_verified,
            )
        )
        return shapes.domain_answer(created, self.cname)

    async def get_domain(self, call: Call[shapes.DomainRequest]) -> shapes.DomainAnswer:
        """Give one tracking host."""
        found = await self.store.read(
            lambda conn: domains.get_tracking_domain(
                conn,
                call.caller.account_id,
                call.request.domain,
                everything_verified=self._everything_verified,
            )
        )
        return shapes.domain_answer(found, self.cname)

    async def verify_domain(self, call: Call[shapes.DomainRequest]) -> shapes.DomainAnswer:
        """Look a tracking host up now, and say what was found."""
        row = await self.store.write(
            lambda conn: domains.begin_verification(
                conn, call.caller.account_id, call.request.domain, now=self.now()
            )
        )
        if self.verify is not None:
            await self.verify(row)
        return await self.get_domain(call)

    async def delete_domain(self, call: Call[shapes.DomainRequest]) -> None:
        """Delete a trace domain."""
        await self.store.write(
            lambda conn: domains.delete_trace_domain(
                conn, call.caller.account_id, call.request.domain
            )
        )

    async def get_settings(self, call: Call[shapes.NothingAsked]) -> shapes.SettingsAnswer:
        """Give the tracking settings."""
        found = await self.store.read(
            lambda conn: kept.get_tracking_settings(conn, call.caller.account_id)
        )
        return shapes.settings_answer(found, self.own_url)

    async def set_settings(self, call: Call[shapes.SettingsRequest]) -> shapes.SettingsAnswer:
        """Enable tracking, or edit it."""
        found = await self.store.write(
            lambda conn: kept.set_account_tracking(
                conn,
                call.caller.account_id,
                shapes.asked_setting(call.request),
                now=self.now(),
                everything_verified=self._everything_verified,
            )
        )
        return shapes.settings_answer(found, self.own_url)

    async def disable(self, call: Call[shapes.NothingAsked]) -> shapes.SettingsAnswer:
        """Disable tracking."""
        found = await self.store.write(
            lambda conn: kept.disable_tracking(conn, call.caller.account_id, now=self.now())
        )
        return shapes.settings_answer(found, self.own_url)

    async def set_domain_settings(
        self, call: Call[shapes.DomainSettingsRequest]
    ) -> shapes.SettingsAnswer:
        """Give a sender domain a setting of its own."""
        found = await self.store.write(
            lambda conn: kept.set_domain_tracking(
                conn,
                call.caller.account_id,
                call.request.domain,
                shapes.asked_setting(call.request),
                now=self.now(),
                everything_verified=self._everything_verified,
            )
        )
        return shapes.settings_answer(found, self.own_url)

    async def delete_domain_settings(
        self, call: Call[shapes.DomainRequest]
    ) -> shapes.SettingsAnswer:
        """Take a sender domain its own setting."""
        found = await self.store.write(
            lambda conn: kept.delete_domain_tracking(
                conn, call.caller.account_id, call.request.domain
            )
        )
        return shapes.settings_answer(found, self.own_url)

    async def explain(self, call: Call[shapes.MessageRequest]) -> shapes.ExplanationAnswer:
        """Say what was decided about a message, and why."""
        message_id = call.request.message_id
        plan = await self.store.read(
            lambda conn: explain_tracking(conn, call.caller.account_id, message_id)
        )
        return shapes.explanation_answer(message_id, plan)


def open_tracking_calls(
    settings: Settings, store: Storage, verify: Callable[[TrackingHostRow], Awaitable[None]]
) -> TrackingCalls:
    """Give the calls as the settings have them; `verify` looks a host up now."""
    names = ServiceNames(settings.service.domain)
    return TrackingCalls(
        store=store,
        now=now_ms,
        verify=None if settings.presume_verified else verify,
        cname=names.tracking_targets(settings.track.url)[0],
        own_url=own_host(settings).url,
    )


def _call(
    method: str, path: str, request: type[msgspec.Struct], handler: Callable[..., Any]
) -> AnyOperation:
    """Make an operation that is named after its handler."""
    name = "Tracking" + "".join(part.capitalize() for part in handler.__name__.split("_"))
    return Operation(
        name=name,
        method=method,
        path=path,
        request=request,
        handler=handler,
        unsigned_locally=True,
    )
