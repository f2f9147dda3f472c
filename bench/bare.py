"""The limit: one process, one thread, one kept connection, `requests` and nothing else.

`python -m bench.bare FILE` POSTs the events of a JSON file {"url", "secret", "password", "events": [[id, body], ...]},
signs each as the product does, and writes {"seconds": wall clock, "cpu_seconds": user and system} in its place.
"""

import base64
import hmac
import json
import sys
import time
from pathlib import Path

import requests

from config.demo.folder import write_json


def main(file: Path) -> None:
    given = json.loads(file.read_text())
    key = base64.b64decode(given["secret"].removeprefix("whsec_"))
    events = [(event_id, body.encode()) for event_id, body in given["events"]]
    session = requests.Session()
    # Nothing of the environment counts: else every POST looks for proxies and ~/.netrc, a fifth of its time.
    session.trust_env = False
    began, cpu = time.perf_counter(), time.process_time()
    for event_id, body in events:
        answer = session.post(given["url"], body, headers=headers(event_id, body, key, given["password"]), timeout=5)
        answer.raise_for_status()
    write_json(file, {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - cpu})


def headers(event_id: str, body: bytes, key: bytes, password: str) -> dict[str, str]:
    """As the product sends them."""
    now = str(int(time.time()))
    signed = hmac.digest(key, f"{event_id}.{now}.".encode() + body, "sha256")
    return {
        "content-type": "application/json; charset=utf-8",
        "user-agent": "HAPP-Webhooks/1",
        "webhook-id": event_id,
        "webhook-timestamp": now,
        "webhook-signature": "v1," + base64.b64encode(signed).decode(),
        "happ-attempt": "1",
        "authorization": f"Bearer {password}",
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
