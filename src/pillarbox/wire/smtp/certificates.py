"""The certificate that our SMTP listeners show: from files, read again when they change.

Takes the paths; hands on the TLS context for the next connection. Files that can't be used stop the
start (StartError); later, when they are replaced by something broken, the old certificate is kept
and the log says so.
"""

import datetime as dt
import logging
import ssl
from pathlib import Path

from cryptography import x509

from pillarbox.base.errors import StartError
from pillarbox.base.settings import Settings
from pillarbox.wire.smtp.self_made_certificate import ensure_certificate

_log = logging.getLogger(__name__)
_Stamp = tuple[tuple[int, int, int], ...]


class Certificates:
    """A certificate with its key; `key`: another file, or the same one."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._certificate = certificate
        self._key = key
        try:
            self._seen = self._stamp()
            self._context = load_context(certificate, key)
        except (OSError, ValueError) as error:
            raise StartError(f"[tls] can't use {certificate} with {key}: {error}") from error

    def context(self) -> ssl.SSLContext:
        """Give the context for a new connection, with the files as they are now."""
        try:
            stamp = self._stamp()
            if stamp != self._seen:
                self._seen = stamp
                self._context = load_context(self._certificate, self._key)
                _log.info("the TLS certificate was read again")
        except (OSError, ValueError) as error:
            _log.error("the new TLS certificate can't be used, the old one is kept: %s", error)
        return self._context

    def renewing_context(self) -> ssl.SSLContext:
        """Give a context for a listener that does TLS from the start: it asks for the files anew
        with each connection.
        """
        context = load_context(self._certificate, self._key)

        def renew(connection: ssl.SSLObject, _name: str | None, _initial: ssl.SSLContext) -> None:
            connection.context = self.context()

        context.sni_callback = renew
        return context

    def _stamp(self) -> _Stamp:
        found = (file.stat() for file in (self._certificate, self._key))
        return tuple((one.st_mtime_ns, one.st_ino, one.st_size) for one in found)


def load_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Make a server's context: TLS 1.2 or newer. Raises OSError for files that do not fit."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key, password=_no_password)
    return context


def days_left(certificate: Path, key: Path) -> int:
    """Tell how many days a certificate is still good for; negative once it has ended.

    Raises StartError when the files can't be used.
    """
    Certificates(certificate, key)
    shown = x509.load_pem_x509_certificate(certificate.read_bytes())
    return (shown.not_valid_after_utc - dt.datetime.now(dt.UTC)).days


def _no_password() -> str:
    raise ValueError("the private key is encrypted")


def certificate_files(settings: Settings) -> tuple[Path, Path] | None:
    """Name the files of the certificate and its key; None where there is none to show."""
    tls = settings.tls
    if tls.cert_file:
        return Path(tls.cert_file), Path(tls.key_file or tls.cert_file)
    if settings.capturing:
        file = settings.data / "self-made.pem"
        return file, file
    return None


def open_certificates(settings: Settings) -> Certificates | None:
    """Open the certificate that is set; in capture mode without one, the self-made one.

    Raises StartError when the files can't be used.
    """
    files = certificate_files(settings)
    if files is None:
        return None
    if not settings.tls.cert_file:
        ensure_certificate(files[0], settings.service.domain)
    return Certificates(*files)
