"""Python programs that run to their end beside the benchmark."""

import sys
from collections.abc import Mapping, Sequence

from config.demo import child
from config.demo.folder import CHECKOUT


def finish(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
    """`python ARGUMENTS` in the checkout; RuntimeError unless it ends well."""
    code = child.launch(sys.executable, arguments, environment=environment, folder=CHECKOUT).wait()
    if code != 0:
        raise RuntimeError(f"python {' '.join(arguments)} ended with code {code}.")
