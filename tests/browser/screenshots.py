"""The command `./run screenshots [DIR]`: every page in every state, both languages and themes, wide and narrow.

`--readme` writes the pictures that stand in the README instead. The pages are those of a stack of its own.
"""

import argparse
import os
import sys
from pathlib import Path

import pytest

from config.demo.folder import CHECKOUT, from_caller

FOLDER, README, ONLY = "HAPP_SCREENSHOTS_DIR", "HAPP_SCREENSHOTS_README", "HAPP_SCREENSHOTS_OF"
README_FOLDER = CHECKOUT / "docs" / "screenshots"


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run screenshots", description="Pictures of every page and state.")
    parser.add_argument("folder", nargs="?", metavar="DIR", help="where they go; var/screenshots if not given")
    parser.add_argument("--only", default="", metavar="PART", help="only pages with this part in their name")
    parser.add_argument("--readme", action="store_true", help="write the README's pictures to docs/screenshots")
    chosen = parser.parse_args()
    folder = from_caller(chosen.folder) if chosen.folder else CHECKOUT / "var" / "screenshots"
    os.environ[FOLDER] = str(README_FOLDER if chosen.readme else folder)
    os.environ[README] = "1" if chosen.readme else ""
    os.environ[ONLY] = chosen.only
    code = pytest.main([str(Path(__file__).with_name("pictures.py")), "-q", "-p", "no:cacheprovider", "--timeout=0"])
    print(f"The pictures are in {os.environ[FOLDER]}")  # noqa: T201 - the command's answer
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
