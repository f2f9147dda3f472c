"""More POSTs than any sender makes, to see what the receiver bears.

`python -m bench.flood FILE` sends what a JSON file {"url", "posts"} says over eight connections, sixteen at a time, and
writes {"seconds": wall clock} in its place. A request is as long as the product's.
"""

import json
import socket
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from config.demo.folder import write_json

CONNECTIONS, AT_ONCE, BODY = 8, 16, 700
HEADERS = "content-type: application/json\r\nuser-agent: HAPP-Webhooks/1\r\nwebhook-timestamp: 1779708607\r\n"


def main(file: Path) -> None:
    given = json.loads(file.read_text())
    url = urlsplit(given["url"])
    lines = [socket.create_connection((url.hostname, url.port)) for _ in range(CONNECTIONS)]
    requests = b"".join(_request(url.path, number) for number in range(AT_ONCE))
    rounds = given["posts"] // (AT_ONCE * CONNECTIONS)
    began = time.perf_counter()
    for _ in range(rounds):
        for line in lines:
            line.sendall(requests)
        for line in lines:
            _take(line)
    write_json(file, {"seconds": (time.perf_counter() - began) * given["posts"] / (rounds * AT_ONCE * CONNECTIONS)})


def _request(path: str, number: int) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nhost: receiver\r\nwebhook-id: evt_{number:026}\r\n{HEADERS}"
    return f"{head}webhook-signature: v1,{'A' * 44}\r\ncontent-length: {BODY}\r\n\r\n".encode() + b"x" * BODY


def _take(line: socket.socket) -> None:
    """The answers to what was sent at once."""
    answers = 0
    while answers < AT_ONCE:
        answers += line.recv(65536).count(b"HTTP/1.1 200")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
