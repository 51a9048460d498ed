"""A loop is our own address and our own port, both."""

from dataclasses import replace
from pathlib import Path

import pytest

from pillarbox.base.settings import Address, Listen, Network, Settings
from pillarbox.deliver.own_endpoints import OwnEndpoints, own_endpoints

FAR = "192.0.2.77"  # RFC 5737: nobody's


@pytest.mark.parametrize(
    ("listens", "endpoint", "ours"),
    [
        (Address("127.0.0.1", 25), ("127.0.0.1", 25), True),
        (Address("127.0.0.1", 25), ("127.0.0.2", 25), False),
        (Address("127.0.0.1", 2525), ("127.0.0.1", 25), False),
        (Address("localhost", 25), ("127.0.0.1", 25), True),
        (Address("0.0.0.0", 25), ("127.0.0.1", 25), True),
        (Address("0.0.0.0", 25), ("127.0.0.1", 26), False),
        (Address("0.0.0.0", 25), (FAR, 25), False),
        (Address("0.0.0.0", 25), ("::1", 25), False),
        (Address("::", 25), ("127.0.0.1", 25), True),
        (Address("2001:DB8::1", 25), ("2001:db8::1", 25), True),
        (Address("0.0.0.0", 25), ("nonsense", 25), False),
    ],
)
def test_an_endpoint_is_ours_by_address_and_port(listens, endpoint, ours):
    assert (endpoint in OwnEndpoints([listens])) is ours


def test_the_inbound_listener_counts_and_what_the_settings_add():
    settings = Settings(
        data=Path(),
        listen=replace(Listen(), inbound=Address("127.0.0.1", 2525)),
        network=Network(own_endpoints=(f"{FAR}:25",)),
    )
    found = own_endpoints(settings)
    assert ("127.0.0.1", 2525) in found
    assert (FAR, 25) in found
    assert ("127.0.0.1", 25) not in found
