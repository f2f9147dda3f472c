from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from happ_webhooks.wire.target import is_public


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8"]
)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


INNER = (
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "168.63.129.16/32",
    "::/3",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
    "4000::/3",
)


@settings(deadline=None)
@given(st.sampled_from(INNER), st.integers(0, 2**128 - 1))
def test_no_address_of_an_inner_network_is_public(block: str, offset: int) -> None:
    network = ipaddress.ip_network(block)
    address = network[offset % network.num_addresses]
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return
    assert not is_public(str(address))
    if address.version == 4:
        assert not is_public(f"::ffff:{address}")
        for carrier in ("::", "::ffff:0:", "64:ff9b::"):
            assert not is_public(f"{carrier}{address}")


@pytest.mark.parametrize("text", ["", "x", "example.com", "127.1", "fe80::1%eth0", "::1%8.8.8.8", "8.8.8.8.8"])
def test_what_is_no_public_address_is_not_public(text: str) -> None:
    assert not is_public(text)
