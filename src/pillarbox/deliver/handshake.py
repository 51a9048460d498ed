"""TLS as a client of receiving servers: contexts, whose certificate it is, what a session used.

Takes what is asked of a handshake (`TlsChoice`) and the session it made; hands on why it does not
do, and what goes on record.
"""

import datetime as dt
import ssl
from collections.abc import Sequence
from functools import cached_property

from pillarbox.deliver.tls_choice import TlsChoice
from pillarbox.model.outcome import TlsUsed
from pillarbox.proto.dns.dane import objection


class TlsContexts:
    """What handshakes begin with; `ca_file`: authorities to believe in place of the system's."""

    def __init__(self, ca_file: str = "") -> None:
        self._ca_file = ca_file

    def of(self, choice: TlsChoice) -> ssl.SSLContext:
        """Give the context for what is asked of a certificate; DANE's is looked at afterwards."""
        return self._valid if choice.certificate == "valid" else self._any

    @cached_property
    def _any(self) -> ssl.SSLContext:
        """Any certificate beats plain text (RFC 7435)."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context

    @cached_property
    def _valid(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._ca_file or None)


def objection_to(session: ssl.SSLObject, choice: TlsChoice) -> str:
    """Say why a session's certificate is not the one that DANE names; empty when all is well."""
    if choice.certificate != "dane":
        return ""
    return objection(choice.records, shown_chain(session), choice.names, dt.datetime.now(dt.UTC))


def tls_used(session: ssl.SSLObject, choice: TlsChoice) -> TlsUsed:
    """Give what goes on record of a session."""
    cipher = session.cipher()
    return TlsUsed(
        policy=choice.policy,
        version=session.version() or "",
        cipher=cipher[0] if cipher else "",
        verified=choice.certificate != "any",
    )


def shown_chain(session: ssl.SSLObject) -> Sequence[bytes]:
    """Give the certificates that the server showed, in its order, as DER; its own comes first.

    Python tells of them publicly since 3.13. Before that (3.10 on) the session's inner object does;
    where neither is there, the server's own certificate is all that DANE-EE needs.
    """
    public = getattr(session, "get_unverified_chain", None)
    if public is not None:
        return list(public() or ())
    inner = getattr(getattr(session, "_sslobj", None), "get_unverified_chain", None)
    if inner is not None:
        return [ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in inner() or ()]
    own = session.getpeercert(binary_form=True)
    return [own] if own else []


def why_failed(error: Exception) -> str:
    """Say why a handshake failed, in words of ours and OpenSSL's."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {error.verify_message}"
    return str(getattr(error, "reason", "") or type(error).__name__)
