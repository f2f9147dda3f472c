"""What no page of ours may do, whatever a test does with it."""

import re

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError

# The browser notes every answer with an error status; those a form or an expired sign-in gives are meant.
MEANT = re.compile(r"Failed to load resource: the server responded with a status of (40[139]|412|422|429)")
# An interface of the machine came or went, which is no page's doing.
THE_MACHINES = "net::ERR_NETWORK_CHANGED"
TELL_VIOLATIONS = """document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`Content security policy: ${event.violatedDirective} refused ${event.blockedURI}`))"""


class Watch:
    """Notes each request that leaves the site, each error on the console, each script error and policy violation."""

    def __init__(self, context: BrowserContext, site: str) -> None:
        self.faults: list[str] = []
        self.requests: list[Request] = []
        self._site = site
        self._allowed: list[str] = []
        context.add_init_script(TELL_VIOLATIONS)
        context.on("request", self._on_request)
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)

    def allow(self, part: str) -> None:
        """A message with this part is meant by the test."""
        self._allowed.append(part)

    def sent(self, method: str, part: str) -> int:
        """How many requests of this method went to addresses with this part."""
        return sum(request.method == method and part in request.url for request in self.requests)

    def _on_request(self, request: Request) -> None:
        self.requests.append(request)
        if not request.url.startswith((f"{self._site}/", "data:", "blob:")):
            self.faults.append(f"A request left the site: {request.url}")

    def _on_console(self, message: ConsoleMessage) -> None:
        meant = (
            MEANT.match(message.text)
            or THE_MACHINES in message.text
            or any(part in message.text for part in self._allowed)
        )
        if message.type in {"error", "warning"} and not meant:
            self.faults.append(f"The console says: {message.text} ({message.location.get('url')})")

    def _on_error(self, error: WebError) -> None:
        self.faults.append(f"A script failed: {error.error}")
