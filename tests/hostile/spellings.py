"""Strategies: addresses, and every way to write one down that some program somewhere understands."""

import socket

from hypothesis import strategies as st

from tests.hostile.registry import INNER_V4, INNER_V6, number

ALL_V4, ALL_V6 = 2**32 - 1, 2**128 - 1


def v4(value: int) -> str:
    return socket.inet_ntop(socket.AF_INET, value.to_bytes(4, "big"))


def v6(value: int) -> str:
    return socket.inet_ntop(socket.AF_INET6, value.to_bytes(16, "big"))


def of_block(prefix: str, length: int) -> st.SearchStrategy[str]:
    """Addresses of a block, its first and last above all."""
    version, base = number(prefix)
    bits, write = (32, v4) if version == 4 else (128, v6)
    size = 2 ** (bits - length)
    return (st.sampled_from([0, size - 1]) | st.integers(0, size - 1)).map(lambda offset: write(base + offset))


inner_v4 = st.sampled_from(INNER_V4).flatmap(lambda block: of_block(*block))
any_v4 = inner_v4 | st.integers(0, ALL_V4).map(v4)


def carrying(address: str) -> list[str]:
    """IPv6 addresses that lead, somewhere, to this IPv4 address."""
    value = number(address)[1]
    high, low = value >> 16, value & 0xFFFF
    return [
        f"::ffff:{address}",  # mapped
        f"::{address}",  # compatible
        f"::ffff:0:{address}",  # SIIT
        f"64:ff9b::{address}",  # NAT64
        f"64:ff9b:1::{address}",
        f"2002:{high:x}:{low:x}::1",  # 6to4
        f"2001:0:{high:x}:{low:x}::1",  # Teredo, by its server
        f"2001:0:102:304:0:ffff:{high ^ 0xFFFF:x}:{low ^ 0xFFFF:x}",  # Teredo, by its client
    ]


any_v6 = (
    st.integers(0, ALL_V6).map(v6)
    | st.sampled_from([*INNER_V6, ("2000::", 3), ("fc00::", 7), ("fe80::", 10), ("fec0::", 10), ("::", 64)]).flatmap(
        lambda block: of_block(*block)
    )
    | inner_v4.flatmap(lambda address: st.sampled_from(carrying(address)))
)

_DIGITS = {
    "plain": str.maketrans({}),
    "full-width": str.maketrans("0123456789.xabcdef", "０１２３４５６７８９．ｘａｂｃｄｅｆ"),
    "mathematical": str.maketrans("0123456789", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗"),
    "circled": str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨"),
    "superscript": str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"),
}


@st.composite
def spelled_v4(draw: st.DrawFn, address: str) -> str:
    """One to four parts, each decimal, octal or hexadecimal, with zeros before and dots of other scripts."""
    value = number(address)[1]
    parts = draw(st.integers(1, 4))
    bits = [8] * (parts - 1) + [8 * (5 - parts)]
    texts: list[str] = []
    left = 32
    for width in bits:
        left -= width
        part = (value >> left) & (2**width - 1)
        form = draw(st.sampled_from(["{:d}", "0{:o}", "0x{:x}", "0X{:X}", "0x{:08x}", "000{:o}"]))
        texts.append(form.format(part))
    dot = draw(st.sampled_from([".", "\u3002", "\uff0e", "\uff61"]))
    host = dot.join(texts) + draw(st.sampled_from(["", "", ".", "\u3002"]))
    return host.translate(_DIGITS[draw(st.sampled_from(list(_DIGITS)))])


@st.composite
def spelled_v6(draw: st.DrawFn, address: str) -> str:
    """In brackets: short, long, upper case, with an IPv4 tail, with a zone."""
    value = number(address)[1]
    groups = [f"{(value >> shift) & 0xFFFF:x}" for shift in range(112, -1, -16)]
    tail = v4(value & 0xFFFFFFFF)
    text = draw(
        st.sampled_from(
            [
                address,
                ":".join(groups),
                ":".join(group.zfill(4) for group in groups),
                ":".join(groups).upper(),
                ":".join([*groups[:6], tail]),
            ]
        )
    )
    return f"[{text}{draw(st.sampled_from(['', '', '', '%25eth0', '%eth0', '%251', '%']))}]"
