"""Whether the settings of relay mode are complete, and safe. Pure.

Takes settings; raises SettingsError with one line that names what is missing.
"""

import ipaddress

from pillarbox.base.errors import SettingsError
from pillarbox.base.settings import Relay, Settings


def check_relay(settings: Settings) -> None:
    """Refuse a smart host that can't be reached, logged in to, or trusted with a password."""
    relay = settings.relay
    if settings.deliver.mode != "relay":
        if relay.host and not settings.capturing:
            raise SettingsError('[relay] host is set, but [deliver] mode is not "relay"')
        return
    if not relay.host:
        raise SettingsError("[relay] host is missing: the smart host that relay mode sends through")
    if relay.port > 65535:
        raise SettingsError(f"[relay] port must be 65535 or less, not {relay.port}")
    if relay.password and relay.password_file:
        raise SettingsError("[relay] password and password_file are both set: keep one")
    has_password = bool(relay.password or relay.password_file)
    if relay.username and not has_password:
        raise SettingsError("[relay] username is set: password or password_file is missing")
    if has_password and not relay.username:
        raise SettingsError("[relay] a password is set: username is missing")
    if relay.username and relay.tls == "none" and not _is_loopback(relay):
        raise SettingsError(
            '[relay] tls = "none" would send the password in plain text: '
            'use "starttls" or "tls", or no username'
        )


def _is_loopback(relay: Relay) -> bool:
    if relay.host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(relay.host.strip("[]")).is_loopback
    except ValueError:
        return False
