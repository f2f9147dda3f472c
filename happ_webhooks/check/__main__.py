"""The command: `python -m happ_webhooks.check URL [--password P] [--secret whsec_...] [--auth bearer|basic|x-...]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from happ_webhooks.check.findings import Finding, Verdict
from happ_webhooks.check.probe import Credentials, Probe
from happ_webhooks.check.scenes import SCENES
from happ_webhooks.wire.request import Auth, parse_auth, password_problem
from happ_webhooks.wire.signature import sign
from happ_webhooks.wire.target import TargetRefused, check_url

#: Most receivers take what fits for real.
INVENTED: Final = "Sends invented messages and orders, not marked as tests: only at a copy of your receiver. URL:"


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if the receiver handles everything that can be seen from here, 1 if not, 2 if the arguments make no sense."""
    parser = _parser()
    options = parser.parse_args(arguments)
    probe = Probe(_url(parser, options.url), _credentials(parser, options))
    print(f"{INVENTED} {probe.url}", flush=True)  # noqa: T201
    findings: list[Finding] = []
    try:
        for scene in SCENES:
            for finding in scene(probe):
                findings.append(finding)
                print(f"{finding.verdict.value:8} {finding.promise}: {finding.sentence}", flush=True)  # noqa: T201
            if scene is SCENES[0] and findings[0].verdict is Verdict.BAD:
                return 1
    finally:
        probe.close()
    return int(any(finding.verdict is Verdict.BAD for finding in findings))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m happ_webhooks.check", description=main.__doc__)
    parser.add_argument("url", help="the receiver's URL; http:// and local addresses are fine here")
    parser.add_argument("--password", help="the password that the receiver expects")
    parser.add_argument("--secret", help="the signing secret that the receiver verifies with: whsec_...")
    parser.add_argument("--auth", default="bearer", help="how the password is sent: bearer, basic, or a header x-...")
    return parser


def _url(parser: argparse.ArgumentParser, url: str) -> str:
    try:
        return check_url(url, allow_private=True).url
    except TargetRefused as refused:
        parser.error(f"the URL cannot be used: {refused.detail}")


def _credentials(parser: argparse.ArgumentParser, options: argparse.Namespace) -> Credentials:
    auth = Auth()
    try:
        if options.secret is not None:
            sign([options.secret], "evt", 0, b"")
        own = options.auth.lower().startswith("x-")
        auth = parse_auth({"scheme": "header", "header": options.auth} if own else {"scheme": options.auth})
    except ValueError as problem:
        parser.error(str(problem))
    if options.password is not None and password_problem(options.password):
        parser.error(f"the password cannot be sent as it is: {password_problem(options.password)}")
    secrets = (options.secret,) if options.secret else ()
    return Credentials(secrets=secrets, password=options.password, auth=auth)


if __name__ == "__main__":
    sys.exit(main())
