"""Which TLS a host has to offer for a message, and what is left when it fails. Pure.

Takes what DANE and MTA-STS say of a host and whether the message's configuration set requires TLS;
hands on a `TlsChoice`, or the reply of a host that must not be used. The first row that fits:

    DANE: look-up failed           the host is not used now (RFC 7672 §2.1)
    DANE: usable records           TLS, with a certificate that they name; MTA-STS is not asked
    MTA-STS enforce, not named     the host is not used (RFC 8461 §5)
    MTA-STS enforce                TLS, with a certificate valid for the host
    DANE: no usable record         TLS with any certificate (RFC 7672 §2.2)
    MTA-STS testing                as below, and what would have failed is reported
    TlsPolicy REQUIRE              TLS with any certificate
    otherwise                      TLS with any certificate if offered, else plain text (RFC 7435)

What the recipient's side demands and does not get is temporary: it may be an attack that ends, or a
certificate that is renewed. What the sender demands (REQUIRE) and a host does not offer is final.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

from pillarbox.model.outcome import OPPORTUNISTIC, Deferred, Reply
from pillarbox.proto.dns.mta_sts import StsPolicy
from pillarbox.proto.dns.tlsa import Tlsa
from pillarbox.proto.smtp.events import Tls

DANE, MTA_STS, TESTING, REQUIRE = "DANE", "MTA-STS", "MTA-STS testing", "TlsPolicy REQUIRE"
_BY_SET = f"{REQUIRE} of the configuration set"

Certificate = Literal["any", "valid", "dane"]


@dataclass(frozen=True, slots=True)
class DaneFound:
    """What DNSSEC vouches for about a host.

    `none`: nothing, or insecurely; `unusable`: records that SMTP can't go by; `secure`: `records`
    to go by; `trouble`: no answer, or a forged one. `base`: the domain whose records they are;
    `names`: what a certificate below an authority may be issued to.
    """

    state: Literal["none", "unusable", "secure", "trouble"] = "none"
    base: str = ""
    records: tuple[Tlsa, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StsFound:
    """The MTA-STS policy of a recipient's domain."""

    domain: str
    policy: StsPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsChoice:
    """How a session with a host is to be secured, and by what.

    `policy`: the word for it in records; `required_by`: what demands it, in the words of a reply,
    empty when nothing does. `certificate`: any, one that is valid for the host, or one that DANE's
    `records` name; `names` are DANE's, the first is asked for in the handshake. `reports`: the
    domain whose testing policy is to hear of a failure; `objection`: what it objects to already.
    Choices that ask the same for different domains are equal: their mail shares connections.
    """

    tls: Tls = Tls.OFFERED
    policy: str = OPPORTUNISTIC
    required_by: str = field(default="", compare=False)
    certificate: Certificate = "any"
    records: tuple[Tlsa, ...] = ()
    names: tuple[str, ...] = ()
    reports: str = field(default="", compare=False)
    objection: str = field(default="", compare=False)


def choose(
    host: str, dane: DaneFound, sts: StsFound | None, *, required: bool
) -> TlsChoice | Deferred:
    """Choose for one host; `required`: the configuration set's TlsPolicy REQUIRE."""
    if dane.state == "trouble":
        text = f"4.4.3 DNS trouble looking up the TLSA records (DANE) of {dane.base}"
        return Deferred(Reply(451, text, "4.4.3"))
    if dane.state == "secure":
        return _dane(dane)
    if sts is not None and sts.policy.mode == "enforce":
        return _enforced(host, sts)
    if dane.state == "unusable":
        return _dane(dane)
    usual = TlsChoice()
    if required:
        usual = TlsChoice(tls=Tls.REQUIRED, policy=REQUIRE, required_by=_BY_SET)
    if sts is not None and sts.policy.mode == "testing":
        return _tested(host, sts, usual)
    return usual


def fall_back(tls: Tls, choice: TlsChoice) -> tuple[Tls, TlsChoice] | None:
    """Give what a fresh connection does after a handshake that failed; None: there is none."""
    if choice.reports and choice.certificate == "valid":
        return tls, replace(choice, certificate="any", reports="")
    if tls is Tls.OFFERED:
        return Tls.NEVER, choice
    return None


def _dane(dane: DaneFound) -> TlsChoice:
    return TlsChoice(
        tls=Tls.ENFORCED,
        policy=DANE,
        required_by=f"the TLSA records (DANE) of {dane.base}",
        certificate="dane" if dane.state == "secure" else "any",
        records=dane.records,
        names=dane.names,
    )


def _enforced(host: str, sts: StsFound) -> TlsChoice | Deferred:
    required_by = f"the MTA-STS policy of {sts.domain}"
    if not sts.policy.names(host):
        text = f"4.7.5 {host} may not be used: {required_by} does not name it"
        return Deferred(Reply(451, text, "4.7.5"))
    return TlsChoice(tls=Tls.ENFORCED, policy=MTA_STS, required_by=required_by, certificate="valid")


def _tested(host: str, sts: StsFound, usual: TlsChoice) -> TlsChoice:
    if not sts.policy.names(host):
        objection = f"the policy does not name {host}"
        return replace(usual, policy=TESTING, reports=sts.domain, objection=objection)
    return replace(usual, policy=TESTING, reports=sts.domain, certificate="valid")
