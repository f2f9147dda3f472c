"""The set of hostile receivers: what each does, and what a POST to it must come to."""

from __future__ import annotations

import gzip

from tests.wire.receivers import (
    Handler,
    answer,
    answer_and_close,
    close_early,
    drip,
    flood,
    never_reads,
    reads_a_little_now_and_then,
    reset,
    silent,
)

HEAD_200 = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD_200 + b"Transfer-Encoding: chunked\r\n\r\n"


def gzip_bomb() -> bytes:
    """16 MiB of zeros; a sender that decompressed it would hold them in memory."""
    body = gzip.compress(bytes(16 * 1024 * 1024))
    return b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body


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
    "gzip bomb": (answer(gzip_bomb()), None),
    "gzip bomb on a redirect": (answer(gzip_bomb().replace(b"200 OK", b"302 Found")), "REDIRECT"),
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
}
