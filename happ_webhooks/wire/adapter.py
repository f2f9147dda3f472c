"""requests' adapter over the budgeted connections, without what a webhook has no use for."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Mapping
from functools import partial
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

from happ_webhooks.wire.connections import BudgetPool, BudgetTLSPool
from happ_webhooks.wire.resolver import Resolver
from happ_webhooks.wire.target import Target

# urllib3 logs whole URLs, which may carry a secret, and the headers of answers that it cannot parse.
for _name in ("urllib3.connection", "urllib3.connectionpool", "urllib3.response"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


class WebhookRequest(PreparedRequest):
    """A POST to a target that is parsed and checked already."""

    target: Target


def prepare(target: Target, headers: Mapping[str, str], body: bytes) -> WebhookRequest:
    """Built directly: requests would parse the URL again and look for cookies and ~/.netrc."""
    request = WebhookRequest()
    request.method = "POST"
    request.url = target.url
    request.target = target
    request.headers = {**headers, "Content-Length": str(len(body))}  # type: ignore[assignment]
    request.body = body
    return request


class BudgetAdapter(HTTPAdapter):
    """Keeps up to 16 connections to each of the 256 receivers used last."""

    def __init__(self, tls: ssl.SSLContext, resolver: Resolver) -> None:
        self._tls = tls
        self._resolver = resolver
        super().__init__(pool_connections=256, pool_maxsize=16, max_retries=0, pool_block=False)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, ssl_context=self._tls, **options)
        self.poolmanager.pool_classes_by_scheme = {
            "http": partial(BudgetPool, resolver=self._resolver),
            "https": partial(BudgetTLSPool, resolver=self._resolver),
        }

    def get_connection_with_tls_context(
        self, request: Any, verify: object, proxies: object = None, cert: object = None
    ) -> Any:
        target: Target = request.target
        return self.poolmanager.connection_from_host(target.host, target.port, target.scheme)

    def cert_verify(self, conn: object, url: object, verify: object, cert: object) -> None:
        """Nothing to set: the TLS context demands a valid certificate, and it is not configurable per POST."""

    def request_url(self, request: Any, proxies: object) -> str:
        target: Target = request.target
        return target.request_path

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:
        """Status, headers and the open body; no cookies, no guess at an encoding."""
        response = Response()
        response.status_code = resp.status
        response.headers = resp.headers
        response.raw = resp
        return response
