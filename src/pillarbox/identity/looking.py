"""Looking up an identity's records, past any cache: DKIM keys, the TXT record, MAIL FROM.

Takes an identity's row and its keys; hands on what was found, for `assessment` to judge.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pillarbox.base.resolver import Answer
from pillarbox.identity.finding import (
    Finding,
    Lookup,
    all_found,
    any_trouble,
    judge_answer,
)
from pillarbox.identity.names import ServiceNames
from pillarbox.proto.dns.dkim_record import published_key
from pillarbox.proto.dns.spf import includes, spf_records
from pillarbox.store.identity.dkim_tokens import KeyRow
from pillarbox.store.identity.identities import IdentityRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What DNS says of an identity's records; empty where there is nothing to look for.

    `ours`: the CNAMEs of our DKIM tokens with the keys behind them. `external`: the customer's own
    key. `txt`: the verification record of SES v1. `soa`: who answers for the domain, when something
    is amiss.
    """

    ours: tuple[Finding, ...] = ()
    external: tuple[Finding, ...] = ()
    txt: tuple[Finding, ...] = ()
    mail_from: tuple[Finding, ...] = ()
    soa: str | None = None

    @property
    def proven(self) -> bool:
        """Whether any set of records shows whose the domain is."""
        return any(all_found(one) for one in (self.ours, self.external, self.txt))

    @property
    def all(self) -> tuple[Finding, ...]:
        """Every finding, in the order in which the records are shown."""
        return (*self.txt, *self.ours, *self.external, *self.mail_from)


async def look_up(
    resolver: Lookup, names: ServiceNames, row: IdentityRow, keys: Sequence[KeyRow]
) -> Seen:
    """Look up all that an identity's owner was asked to set."""
    looker = _Looker(resolver, names)
    mail_from = looker.mail_from(row.mail_from_domain)
    if row.kind != "DOMAIN":
        return Seen(mail_from=await mail_from)
    ours, external, txt, sent_from = await asyncio.gather(
        looker.ours(row.name, keys),
        looker.external(row.name, keys),
        looker.txt(row.name, row.txt_token),
        mail_from,
    )
    seen = Seen(ours=ours, external=external, txt=txt, mail_from=sent_from)
    if all_found(seen.all) or any_trouble(seen.all):
        return seen
    return replace(seen, soa=await looker.soa(row.name))


@dataclass(frozen=True, slots=True)
class _Looker:
    resolver: Lookup
    names: ServiceNames

    async def ours(self, identity: str, keys: Sequence[KeyRow]) -> tuple[Finding, ...]:
        selectors = sorted(
            {one.selector for one in keys if one.origin is None and one.retired_at is None}
        )
        return tuple(await asyncio.gather(*(self._token(identity, one, keys) for one in selectors)))

    async def _token(self, identity: str, token: str, keys: Sequence[KeyRow]) -> Finding:
        """Look up a CNAME, and where it is right the key behind it, which our zone serves."""
        name, target = self.names.dkim_record_name(token, identity), self.names.dkim_target(token)
        answer = await self._ask(name, "CNAME")
        right = any(one.rstrip(".").lower() == target.lower() for one in answer.records)
        cname = judge_answer(name, target, answer, right=right)
        if cname.state != "found":
            return cname
        return await self._key(name, target, (one for one in keys if one.selector == token))

    async def external(self, identity: str, keys: Sequence[KeyRow]) -> tuple[Finding, ...]:
        """Look up the customer's own key: the one that waits, else the one that signs."""
        live = [one for one in keys if one.origin is not None and one.retired_at is None]
        if not live:
            return ()
        name = self.names.dkim_record_name(live[0].selector, identity)
        return (await self._key(name, "the public key of the private one", live[:1]),)

    async def _key(self, name: str, expected: str, keys: Iterable[KeyRow]) -> Finding:
        """Look up a key; a resolver may still have one that the selector had before."""
        known = {published_key(one.public_key) for one in keys}
        answer = await self._ask(name, "TXT")
        right = any(published_key(record) in known - {None} for record in answer.records)
        return judge_answer(name, expected, answer, right=right)

    async def txt(self, identity: str, token: str | None) -> tuple[Finding, ...]:
        if token is None:
            return ()
        name = self.names.txt_record_name(identity)
        answer = await self._ask(name, "TXT")
        right = any(record.strip() == token for record in answer.records)
        return (judge_answer(name, token, answer, right=right),)

    async def mail_from(self, domain: str | None) -> tuple[Finding, ...]:
        """Look up a MAIL FROM domain: exactly one MX, ours, and SPF (facts §7)."""
        if domain is None:
            return ()
        host, include = self.names.feedback_host, self.names.spf_include
        mx, txt = await asyncio.gather(self._ask(domain, "MX"), self._ask(domain, "TXT"))
        hosts = [one.partition(" ")[2].rstrip(".").lower() for one in mx.records]
        policies = spf_records(txt.records)
        right = len(policies) == 1 and includes(policies[0], include)
        if txt.status == "ok" and not policies:
            txt = Answer("nodata")  # other records at that name are nobody's business
        return (
            judge_answer(domain, f"10 {host}", mx, right=hosts == [host.lower()]),
            judge_answer(domain, f"v=spf1 include:{include} ~all", txt, right=right),
        )

    async def soa(self, identity: str) -> str | None:
        """Give primary server, administrator and serial number (RFC 1035 §3.3.13)."""
        answer = await self._ask(identity, "SOA")
        parts = answer.records[0].split() if answer.records else []
        return " ".join(parts[:3]) if len(parts) >= 3 and parts[2].isdecimal() else None

    async def _ask(self, name: str, rdtype: str) -> Answer:
        return await self.resolver.query(name, rdtype, fresh=True)
