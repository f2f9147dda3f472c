"""The audit of dependencies asks about every pinned package, and never takes silence for a clean result."""

import json
import os
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from config.advisories import EVERYTHING, PRODUCT
from config.demo.ports import any_free
from tests.processes import CHECKOUT

Answer = Callable[[str], tuple[int, object]]


class Service:
    """An OSV service on loopback that knows what `answer` says, and remembers what it was asked."""

    def __init__(self, answer: Answer) -> None:
        self.asked: dict[str, str] = {}
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = json.loads(self.rfile.read(int(self.headers["content-length"])))
                name = query["package"]["name"]
                service.asked[name] = query["version"]
                status, document = answer(name)
                body = document if isinstance(document, bytes) else json.dumps(document).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1/query"


@contextmanager
def serving(answer: Answer) -> Iterator[Service]:
    service = Service(answer)
    thread = threading.Thread(target=service.server.serve_forever)
    thread.start()
    try:
        yield service
    finally:
        service.server.shutdown()
        service.server.server_close()
        thread.join()


def audit(url: str, *further: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    command = ["./run", "audit", "--osv-url", url, *further]
    return subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)


def known(name: str, id_: str, *aliases: str, fixed: str = "") -> dict[str, Any]:
    events = [{"introduced": "0"}, *([{"fixed": fixed}] if fixed else [])]
    affected = {"package": {"name": name, "ecosystem": "PyPI"}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
    return {"id": id_, "aliases": list(aliases), "summary": "Bad.", "affected": [affected]}


def pinned(lock: Any) -> dict[str, str]:
    """The packages of a lock that every machine gets, with their versions."""
    lines = re.findall(r"^([\w.-]+)==(\S+) \\$", lock.read_text(), re.MULTILINE)
    return dict(lines)


def test_a_clean_result_is_one_in_which_every_pinned_package_was_asked_about() -> None:
    with serving(lambda name: (200, {})) as service:
        told = audit(service.url)
    assert told.returncode == 0, told.stderr
    assert pinned(EVERYTHING).items() <= service.asked.items()
    assert told.stdout == f"{len(service.asked)} packages, no known vulnerabilities, says {service.url}.\n"


def test_a_vulnerable_package_is_named_with_its_version_and_the_fix_the_product_s_first() -> None:
    vulnerable = {
        "django": known("django", "PYSEC-2026-7", "CVE-2026-7", fixed="5.2.99"),
        "pytest": known("pytest", "GHSA-1"),
    }
    with serving(lambda name: (200, {"vulns": [vulnerable[name]]} if name in vulnerable else {})) as service:
        told = audit(service.url)
        judged = audit(service.url, "--ignore-vuln", "GHSA-1", "--ignore-vuln", "CVE-2026-7")
    versions = pinned(EVERYTHING)
    assert told.stdout.splitlines() == [
        f"product: django {versions['django']}: PYSEC-2026-7 CVE-2026-7, fixed in 5.2.99",
        f"development: pytest {versions['pytest']}: GHSA-1, fixed in no version yet",
        f"{len(service.asked)} packages, 2 known vulnerabilities, says {service.url}.",
    ]
    assert (told.returncode, judged.returncode) == (1, 0)


@pytest.mark.parametrize(
    "answer",
    [
        lambda name: (200, b"<html>a captive portal</html>"),
        lambda name: (429 if name == "urllib3" else 200, {}),
    ],
    ids=["no-json", "refused-for-one"],
)
def test_a_service_that_does_not_answer_everything_is_no_clean_result(answer: Answer) -> None:
    with serving(answer) as service:
        told = audit(service.url)
    assert told.returncode == 2
    assert told.stdout.startswith(f"Could not ask {service.url}. Nothing is known about the packages")


def test_a_service_that_is_not_reached_is_no_clean_result() -> None:
    url = f"http://127.0.0.1:{any_free()}/v1/query"
    told = audit(url)
    assert told.returncode == 2
    assert told.stdout == f"Could not ask {url}. Nothing is known about the packages: this is no clean result.\n"
    [reason] = told.stderr.splitlines()
    assert "Connection refused" in reason


def test_what_runs_in_production_is_part_of_what_is_asked_about() -> None:
    assert pinned(PRODUCT).items() <= pinned(EVERYTHING).items()
