"""The browser: Debian's Chromium, or the one that HAPP_CHROMIUM names."""

import os
import shutil

MISSING = (
    "Chromium is missing. Install it with: apt-get install --no-install-recommends chromium fonts-dejavu-core "
    "(or name one in HAPP_CHROMIUM)."
)
# Nothing of its own goes out: no updates, no sync, no probes.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def executable() -> str | None:
    """Where it is; None if this machine has none."""
    return os.environ.get("HAPP_CHROMIUM") or shutil.which("chromium")
