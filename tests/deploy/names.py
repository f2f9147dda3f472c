"""The two hosts of the play, who they are to each other, and the certificates that say so."""

import os
from pathlib import Path

import trustme

from tests.deploy.box import Box, do

SITE = "happ.example.com"
RECEIVER = "shop.example.net"
# A public address, so that production's guard lets it through; nobody is there, least of all in the box's own network.
RECEIVER_ADDRESS = "192.31.196.10"
RECEIVER_PORT = 8443  # nginx has 443 on all addresses
# With a dot, too: webhooks look names up as absolute ones, which this file knows only literally.
HOSTS = f"127.0.0.1 localhost\n127.0.0.1 {SITE}\n{RECEIVER_ADDRESS} {RECEIVER} {RECEIVER}.\n"


def certified(folder: Path) -> None:
    """ca.pem, and of both hosts NAME.pem and NAME.key."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    for name in (SITE, RECEIVER):
        issued = authority.issue_cert(name)
        issued.private_key_pem.write_to_path(str(folder / f"{name}.key"))
        for part in issued.cert_chain_pems:
            part.write_to_path(str(folder / f"{name}.pem"), append=True)


def known(folder: Path) -> None:
    """From here on this process, whose mounts must be its own, finds and trusts both hosts."""
    (folder / "hosts").write_text(HOSTS)
    do("mount", "--bind", folder / "hosts", "/etc/hosts")
    os.environ.update({name: str(folder / "ca.pem") for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")})


def introduce(box: Box) -> None:
    """The receiver's address lies on the box itself, until it is booted again."""
    (box.root / "etc" / "hosts").write_text(HOSTS)
    box.run("ip", "address", "add", f"{RECEIVER_ADDRESS}/32", "dev", "lo")
