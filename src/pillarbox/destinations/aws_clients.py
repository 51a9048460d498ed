"""Clients of AWS, or of what speaks its APIs: one for each region and role, kept and reused.

Where they connect to and whose credentials they use comes from the operator's settings alone; a
destination's ARN gives at most the region. Nothing here tries again: the outbox does.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiobotocore.config import AioConfig
from aiobotocore.credentials import AioDeferredRefreshableCredentials
from aiobotocore.session import AioSession
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from pillarbox.base.settings import Aws
from pillarbox.destinations.aws_outcome import SHOWN, outcome_of_error
from pillarbox.model.publishing import NotYet, Outcome, Refused

CONNECT_SECONDS = 5
READ_SECONDS = 10
#: Connections of one client.
CONNECTIONS = 64
#: Clients that are kept though nobody uses them: each region and role has its own.
KEPT = 32
ROLE_SESSION = "pillarbox"
_REGION = re.compile(r"arn:[a-z-]+:[a-z-]+:([a-z0-9-]{1,40}):")


@dataclass(slots=True)
class _Slot:
    """A client, when it is open; `users`: calls under way."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    client: Any = None
    open: AsyncExitStack = field(default_factory=AsyncExitStack)
    users: int = 0


class AwsClients:
    """Clients of one service. `service`: as botocore names it; `region`: where none is given."""

    def __init__(self, service: str, settings: Aws, *, region: str, ca_file: str = "") -> None:
        self._service = service
        self._settings = settings
        self._region = region
        self._ca_file = ca_file
        self._session = AioSession()
        self._slots: dict[tuple[str, str], _Slot] = {}

    @asynccontextmanager
    async def use(self, region: str = "", role: str = "") -> AsyncIterator[Any]:
        """Give the client for a region that has taken on a role ("": none)."""
        key = self._settings.region or region or self._region, role
        slot = self._slots.pop(key, None) or _Slot()
        self._slots[key] = slot  # the last one is the one that was used last
        slot.users += 1
        try:
            async with slot.lock:
                if slot.client is None:
                    slot.client = await self._make(slot.open, *key)
            yield slot.client
        finally:
            slot.users -= 1
            await self._close_idle()

    async def close(self) -> None:
        """Close all clients."""
        slots, self._slots = self._slots, {}
        for slot in slots.values():
            await slot.open.aclose()

    async def _close_idle(self) -> None:
        excess = len(self._slots) - KEPT
        idle = [key for key, slot in self._slots.items() if not slot.users]
        for key in idle[: max(excess, 0)]:
            await self._slots.pop(key).open.aclose()

    async def _make(self, stack: AsyncExitStack, region: str, role: str) -> Any:
        settings = self._settings
        if not role:
            return await self._open(
                stack, self._session, self._service, region, settings.endpoint, **self._keys()
            )
        sts = await self._open(
            stack,
            self._session,
            "sts",
            region,
            getattr(settings, "sts_endpoint", ""),
            **self._keys(),
        )
        session = AioSession()
        # What botocore's own provider of role credentials sets; it takes no client of one's own.
        session._credentials = AioDeferredRefreshableCredentials(  # noqa: SLF001
            refresh_using=lambda: _assume(sts, role), method="sts-assume-role"
        )
        return await self._open(stack, session, self._service, region, settings.endpoint)

    async def _open(
        self,
        stack: AsyncExitStack,
        session: AioSession,
        service: str,
        region: str,
        endpoint: str,
        **keys: str,
    ) -> Any:
        config = AioConfig(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            max_pool_connections=CONNECTIONS,
            retries={"total_max_attempts": 1},
            disable_request_compression=True,
            warm_up_loader_caches=True,  # its models are read in a thread
        )
        made = session.create_client(
            service,
            region_name=region,
            endpoint_url=endpoint or None,
            verify=self._ca_file or None,
            config=config,
            **keys,
        )
        return await stack.enter_async_context(made)

    def _keys(self) -> dict[str, str]:
        settings = self._settings
        if settings.ambient:
            return {}
        return {
            "aws_access_key_id": settings.access_key_id,
            "aws_secret_access_key": settings.secret_access_key,
        }


async def ask(call: Awaitable[Mapping[str, Any]]) -> Mapping[str, Any] | Outcome:
    """Await a call; give its answer, or what the error that it got means for its events."""
    try:
        return await call
    except ClientError as error:
        found = error.response.get("Error", {})
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        return outcome_of_error(str(found.get("Code", "")), str(found.get("Message", "")), status)
    except ParamValidationError as error:
        return Refused(_shown(error))
    except (BotoCoreError, OSError, TimeoutError) as error:
        return NotYet(_shown(error))


def region_of(arn: str) -> str:
    """Give the region that an ARN names; "" where it is no ARN: then the service says so."""
    found = _REGION.match(arn)
    return found[1] if found else ""


async def _assume(sts: Any, role: str) -> dict[str, str]:
    answer = await sts.assume_role(RoleArn=role, RoleSessionName=ROLE_SESSION)
    found = answer["Credentials"]
    return {
        "access_key": found["AccessKeyId"],
        "secret_key": found["SecretAccessKey"],
        "token": found["SessionToken"],
        "expiry_time": found["Expiration"].isoformat(),
    }


def _shown(error: Exception) -> str:
    return " ".join(str(error).split())[:SHOWN] or type(error).__name__
