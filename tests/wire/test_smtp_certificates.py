"""The certificate of SMTP submission: made, loaded, read again when it changes."""

import asyncio
import ssl
from pathlib import Path

import pytest
from cryptography import x509

from pillarbox.base.errors import StartError
from pillarbox.base.settings import Deliver, Service, Settings, Tls
from pillarbox.wire.smtp.certificates import Certificates, certificate_files, open_certificates
from tests.peers.certificate import write_certificate
from tests.wire.smtp_listener import listening


def capture(folder: Path, **tls: str) -> Settings:
    return Settings(
        data=folder,
        service=Service(domain="pillarbox.localhost"),
        deliver=Deliver(mode="capture"),
        tls=Tls(**tls),
    )


def names(file: Path) -> list[str]:
    certificate = x509.load_pem_x509_certificate(file.read_bytes())
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return found.value.get_values_for_type(x509.DNSName)


def test_capture_mode_makes_one_for_this_machine_and_keeps_it(tmp_path: Path) -> None:
    assert open_certificates(capture(tmp_path)) is not None
    file = tmp_path / "self-made.pem"
    made = file.read_bytes()
    assert names(file) == ["pillarbox.localhost", "smtp.pillarbox.localhost", "localhost"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["self-made.pem"]
    open_certificates(capture(tmp_path))
    assert file.read_bytes() == made


@pytest.mark.parametrize("broken", ["", "no certificate", "other name"])
def test_a_self_made_one_that_is_of_no_use_is_made_anew(tmp_path: Path, broken: str) -> None:
    file = tmp_path / "self-made.pem"
    if broken == "other name":
        write_certificate(file, "other.localhost")
    else:
        file.write_text(broken)
    open_certificates(capture(tmp_path))
    assert "pillarbox.localhost" in names(file)


def test_outside_capture_mode_there_is_none_without_files(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, deliver=Deliver(mode="direct"))
    assert certificate_files(settings) is None
    assert open_certificates(settings) is None
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_files_that_can_not_be_used_stop_the_start(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "cert.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(StartError, match="can't use"):
        open_certificates(capture(tmp_path, cert_file=str(file)))


def test_a_key_that_does_not_fit_stops_the_start(tmp_path: Path) -> None:
    write_certificate(tmp_path / "a.pem", "a.example")
    write_certificate(tmp_path / "b.pem", "b.example")
    files = {"cert_file": str(tmp_path / "a.pem"), "key_file": str(tmp_path / "b.pem")}
    with pytest.raises(StartError, match="can't use"):
        open_certificates(capture(tmp_path, **files))


async def shown(port: int, trusted: Path) -> str:
    """The name in the certificate that a listener with TLS from the start shows."""
    context = ssl.create_default_context(cafile=str(trusted))
    context.check_hostname = False
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    assert (await reader.readline()).startswith(b"220 ")
    certificate = writer.get_extra_info("ssl_object").getpeercert()
    writer.close()
    return str(certificate["subjectAltName"][0][1])


async def test_new_connections_see_what_the_file_is_now(tmp_path: Path) -> None:
    file, trusted = tmp_path / "cert.pem", tmp_path / "trusted.pem"
    write_certificate(file, "old.example")
    trusted.write_bytes(file.read_bytes())
    certificates = Certificates(file, file)
    async with listening(tmp_path, tls=certificates.renewing_context()) as server:
        assert await shown(server.port, trusted) == "old.example"
        file.write_text("half a certifi")
        assert await shown(server.port, trusted) == "old.example"
        write_certificate(file, "new.example")
        assert await shown(server.port, file) == "new.example"
        assert certificates.context() is certificates.context()
