"""The set of hostile receivers: what each does, and what a POST to it must come to."""

from __future__ import annotations

import gzip
import zlib

from tests.wire.receivers import (
    OK,
    Handler,
    accepts_and_hangs,
    answer,
    answer_and_close,
    answers_early,
    close_early,
    drip,
    flood,
    half_close,
    never_reads,
    reads_a_little_now_and_then,
    redirect_to,
    reset,
    reset_after,
    reset_amid_the_request,
    reset_at_once,
    silent,
    stops_after,
)

HEAD_200 = b"HTTP/1.1 200 OK\r\n"
HEAD_429 = b"HTTP/1.1 429 Slow down\r\n"
EMPTY_413 = b"HTTP/1.1 413 Too large\r\nContent-Length: 0\r\n\r\n"
GZIP_CHUNKED = HEAD_200 + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKED = HEAD_200 + b"Transfer-Encoding: chunked\r\n\r\n"


def zeros(mebibytes: int) -> bytes:
    """A gzip file of so many MiB of zeros, a thousandth of them on the wire: one MiB, packed once, over and over.

    Only its checksum is wrong, which nobody finds out who has not unpacked it all.
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    mebibyte = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    end = b"\x03\x00" + bytes(4) + (mebibytes * 2**20).to_bytes(4, "little")
    return gzip.compress(b"")[:10] + mebibyte * mebibytes + end


def packed(body: bytes, encoding: str = "gzip", status: str = "200 OK") -> bytes:
    """An answer with this body; the whole of it holds more than any sender may."""
    head = f"HTTP/1.1 {status}\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


GIB = zeros(1024)
#: A few KiB, which fit into what may be read, are a GiB to whoever unpacks both.
GIB_PACKED_TWICE = gzip.compress(GIB)
HALF_A_GIB = zeros(512)
BROKEN_GZIP = gzip.compress(b"a" * 1000)[:-12] + b"not what it was"


#: Name of the case -> (script, the error it comes to). All over plain HTTP on one address.
HOSTILE: dict[str, tuple[Handler, str | None]] = {
    "status line drips": (drip(b"HTTP/1.1 200 OK "), "TIMEOUT"),
    "headers drip": (drip(b"x-a: b\r\n", HEAD_200), "TIMEOUT"),
    "body drips": (drip(b"a", HEAD_200 + b"Content-Length: 1000\r\n\r\n"), None),
    "endless chunks drip": (flood(b"1\r\na\r\n", CHUNKED, every=0.1), None),
    "endless chunks": (flood(b"400\r\n" + b"a" * 1024 + b"\r\n", CHUNKED), None),
    "100 flood": (flood(b"HTTP/1.1 100 Continue\r\n\r\n" * 64), "BAD_RESPONSE"),
    "100 now and then": (flood(b"HTTP/1.1 100 Continue\r\n\r\n", every=0.1), "TIMEOUT"),
    "103 flood": (flood(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 64), "HTTP_103"),
    "endless body": (flood(b"a" * 65536, HEAD_200 + b"\r\n"), None),
    "endless body on a redirect": (flood(b"a" * 65536, b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n"), "REDIRECT"),
    "gzip bomb": (answer(packed(GIB)), None),
    "gzip bomb in a gzip bomb": (answer(packed(GIB_PACKED_TWICE, "gzip, gzip")), None),
    "gzip bomb on a redirect": (answer(packed(HALF_A_GIB, status="302 Found")), "REDIRECT"),
    "gzip bomb on a 500": (answer(packed(GIB_PACKED_TWICE, "gzip, gzip", "500 Oops")), "HTTP_500"),
    "broken gzip": (answer(packed(BROKEN_GZIP)), None),
    "no gzip at all": (answer(packed(b"hello")), None),
    "silent": (silent, "TIMEOUT"),
    "reset": (reset, "RESET"),
    "closes early": (close_early, "RESET"),
    "huge header line": (flood(b"a" * 65536, HEAD_200 + b"x: "), "BAD_RESPONSE"),
    "endless short headers": (flood(b"x: y\r\n" * 64, HEAD_200), "BAD_RESPONSE"),
    "endless headers of a 100": (flood(b"x: " + b"y" * 60000 + b"\r\n", b"HTTP/1.1 100 Continue\r\n"), "BAD_RESPONSE"),
    "101 headers": (answer(HEAD_200 + b"x: y\r\n" * 101 + b"\r\n"), "BAD_RESPONSE"),
    "garbage": (answer_and_close(b"\x00\xff\xfe garbage\r\n\r\n"), "BAD_RESPONSE"),
    "ssh banner": (answer_and_close(b"SSH-2.0-OpenSSH_9.2\r\n"), "BAD_RESPONSE"),
    "HTTP/0.9": (answer_and_close(b"<html>hello</html>"), "BAD_RESPONSE"),
    "HTTP/2 status": (answer_and_close(b"HTTP/2 200 OK\r\n\r\n"), "BAD_RESPONSE"),
    "status out of range": (answer_and_close(b"HTTP/1.1 20 OK\r\n\r\n"), "BAD_RESPONSE"),
    "closes in mid headers": (answer_and_close(HEAD_200 + b"x-a: b\r\nx-"), None),
    "bad chunks": (answer(CHUNKED + b"zz\r\nhello\r\n"), None),
    "short body": (answer_and_close(HEAD_200 + b"Content-Length: 100\r\n\r\nshort"), None),
    "header line without colon": (answer_and_close(HEAD_200 + b"no colon here\r\nContent-Length: 2\r\n\r\nok"), None),
    "two lengths": (answer_and_close(HEAD_200 + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nok"), "BAD_RESPONSE"),
    "never reads": (never_reads, "TIMEOUT"),
    "reads a little now and then": (reads_a_little_now_and_then, "TIMEOUT"),
    # Time: whatever part of an answer comes a byte at a time, and whoever says nothing at all.
    "one header name drips": (drip(b"x", HEAD_200), "TIMEOUT"),
    "end of headers drips": (drip(b"\r", HEAD_200 + b"x: y\r\n", every=0.2), "TIMEOUT"),
    "folded header drips": (drip(b" y\r\n", HEAD_200 + b"x: y\r\n"), "TIMEOUT"),
    "chunk size drips": (drip(b"0", CHUNKED), None),
    "chunk extension drips": (drip(b"x", CHUNKED + b"2;"), None),
    "trailers drip": (drip(b"x: y\r\n", CHUNKED + b"0\r\n"), None),
    "1xx headers drip": (drip(b"x", b"HTTP/1.1 103 Early Hints\r\nlink: "), "TIMEOUT"),
    "100 drips": (drip(b"HTTP/1.1 100 Continue\r\n\r\n"), "TIMEOUT"),
    "accepts and hangs": (accepts_and_hangs, "TIMEOUT"),
    "status line, then nothing": (stops_after(HEAD_200), "TIMEOUT"),
    "100, then nothing": (stops_after(b"HTTP/1.1 100 Continue\r\n\r\n"), "TIMEOUT"),
    # Size: whatever part of an answer does not end.
    "endless status line": (flood(b"a" * 65536, b"HTTP/1.1 200 "), "BAD_RESPONSE"),
    "endless header name": (flood(b"a" * 65536, HEAD_200), "BAD_RESPONSE"),
    "endless folded header": (flood(b" y\r\n" * 64, HEAD_200 + b"x: y\r\n"), "BAD_RESPONSE"),
    "endless empty lines before": (flood(b"\r\n" * 4096), "BAD_RESPONSE"),
    "endless NULs": (flood(bytes(65536)), "BAD_RESPONSE"),
    "endless chunk size": (flood(b"0" * 65536, CHUNKED), None),
    "endless chunk extension": (flood(b"x" * 65536, CHUNKED + b"2;"), None),
    "endless trailers": (flood(b"x: y\r\n" * 64, CHUNKED + b"0\r\n"), None),
    "giant body, well declared": (flood(b"a" * 65536, HEAD_200 + b"Content-Length: 1099511627776\r\n\r\n"), None),
    "giant body of a 500": (flood(b"a" * 65536, b"HTTP/1.1 500 Oops\r\n\r\n"), "HTTP_500"),
    "gzip bomb in chunks": (flood(b"400\r\n" + bytes(1024) + b"\r\n", GZIP_CHUNKED), None),
    "a hundred encodings": (
        answer(HEAD_200 + b"Content-Encoding: " + b"gzip, " * 100 + b"br\r\n\r\n" + bytes(64)),
        None,
    ),
    "cookies": (answer(HEAD_200 + b"Set-Cookie: a=" + b"b" * 600 + b"\r\nContent-Length: 0\r\n\r\n"), None),
    # Endings: a reset or a one-sided end in every phase.
    "reset at once": (reset_at_once, "RESET"),
    "reset amid the request": (reset_amid_the_request, "RESET"),
    "reset amid the status line": (reset_after(b"HTTP/1.1 20"), "RESET"),
    "reset amid the headers": (reset_after(HEAD_200 + b"x: y\r\n"), "RESET"),
    "reset amid the body": (reset_after(HEAD_200 + b"Content-Length: 9\r\n\r\nab"), None),
    "half-closes": (half_close(), "RESET"),
    "half-closes amid the status line": (half_close(b"HTTP/1.1 2"), "BAD_RESPONSE"),
    "half-closes amid the body": (half_close(HEAD_200 + b"Content-Length: 9\r\n\r\nab"), None),
    "answers early and closes": (answers_early(EMPTY_413, stay=False), "HTTP_413"),
    "answers early and reads nothing": (answers_early(EMPTY_413, stay=True), "TIMEOUT"),
    # Framing: lengths that contradict each other or themselves, and more than was announced.
    "negative length": (answer_and_close(HEAD_200 + b"Content-Length: -1\r\n\r\nok"), None),
    "length that is no number": (answer_and_close(HEAD_200 + b"Content-Length: ten\r\n\r\nok"), None),
    "length of 5,000 digits": (answer_and_close(HEAD_200 + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nok"), None),
    "length and chunks": (answer(HEAD_200 + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), None),
    "chunked twice": (answer_and_close(HEAD_200 + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"), None),
    "negative chunk": (answer(CHUNKED + b"-2\r\nok\r\n0\r\n\r\n"), None),
    "minus one chunk": (answer_and_close(CHUNKED + b"-1\r\nok\r\n0\r\n\r\n"), None),
    "chunk of 2**63": (answer_and_close(CHUNKED + b"8000000000000000\r\nok\r\n"), None),
    "chunk of 2**200": (answer_and_close(CHUNKED + b"1" + b"0" * 50 + b"\r\nok\r\n"), None),
    "trailing garbage": (answer(OK + bytes(100)), None),
    "two answers": (answer(OK + b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"), None),
    "204 with a body": (answer(b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello"), None),
    "304 with a body": (answer(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello"), "REDIRECT"),
    "says close and stays": (answer(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"), None),
    "says keep-alive and closes": (
        answer_and_close(HEAD_200 + b"Connection: keep-alive\r\nContent-Length: 0\r\n\r\n"),
        None,
    ),
    # Words: what a careless parser takes for something else.
    "101 switches protocols": (
        answer(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n" + bytes(64)),
        "HTTP_101",
    ),
    "redirects to itself": (redirect_to("/hook"), "REDIRECT"),
    "redirects to a file": (redirect_to("file:///etc/passwd"), "REDIRECT"),
    "redirect without a place": (answer(b"HTTP/1.1 307 Away\r\nContent-Length: 0\r\n\r\n"), "REDIRECT"),
    "three hundred redirects": (answer(b"HTTP/1.1 300 Many\r\nContent-Length: 0\r\n\r\n"), "REDIRECT"),
    "no reason phrase": (answer(b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"), None),
    "bare line feeds": (answer(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok"), None),
    "status with a sign": (answer_and_close(b"HTTP/1.1 +200 OK\r\n\r\n"), None),
    "status of four digits": (answer_and_close(b"HTTP/1.1 2000 OK\r\n\r\n"), "BAD_RESPONSE"),
    "status of 1,000,000 digits": (flood(b"2" * 65536, b"HTTP/1.1 "), "BAD_RESPONSE"),
    "ICY": (answer_and_close(b"ICY 200 OK\r\n\r\n"), "BAD_RESPONSE"),
    "a request": (answer_and_close(b"POST / HTTP/1.1\r\nHost: x\r\n\r\n"), "BAD_RESPONSE"),
    "a TLS alert": (answer_and_close(b"\x15\x03\x01\x00\x02\x02\x16"), "BAD_RESPONSE"),
    "NUL in a header": (answer(HEAD_200 + b"x: a\x00b\r\nContent-Length: 0\r\n\r\n"), None),
    "headers in Latin-1": (answer(HEAD_200 + b"x: \xe9\xff\r\n\xe9: x\r\nContent-Length: 0\r\n\r\n"), None),
    "endless Retry-After": (
        answer(HEAD_429 + b"Retry-After: " + b"9" * 60000 + b"\r\nContent-Length: 0\r\n\r\n"),
        "HTTP_429",
    ),
    "Retry-After of NaN": (answer(HEAD_429 + b"Retry-After: nan\r\nContent-Length: 0\r\n\r\n"), "HTTP_429"),
}
