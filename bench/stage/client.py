"""A client of the ingest API that keeps its connections: one for each thread that uses it."""

import json
import threading
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit


class Client:
    def __init__(self, web_url: str, token: str) -> None:
        parts = urlsplit(web_url)
        self._host, self._port = parts.hostname or "", parts.port
        self._headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        self._of_thread = threading.local()

    def ingest(self, workspace_id: str, events: Sequence[Any]) -> None:
        """Hands in events: one alone, several as a batch. RuntimeError unless they are accepted."""
        body = json.dumps(events[0] if len(events) == 1 else {"events": events})
        path = f"/api/v1/workspaces/{workspace_id}/events"
        try:
            status, answer = self._post(path, body)
        except (HTTPException, OSError):
            # The server closes a connection that was idle for two seconds; what was sent twice counts once.
            self._of_thread.line = None
            status, answer = self._post(path, body)
        if status != 202:
            raise RuntimeError(f"Ingest answered {status}: {answer[:300]!r}")

    def _post(self, path: str, body: str) -> tuple[int, bytes]:
        line = getattr(self._of_thread, "line", None)
        if line is None:
            line = self._of_thread.line = HTTPConnection(self._host, self._port, timeout=30)
        line.request("POST", path, body.encode(), self._headers)
        answer = line.getresponse()
        return answer.status, answer.read()
