"""Asks an advisory service about every package that the locks pin: `./run audit`.

It ends with 0 if the service was asked about each of them and knows of nothing, 1 if it names some, and 2 if it could
not be asked, since then nothing is known. It looks at the locks, not at what happens to be installed.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

REQUIREMENTS: Final = Path(__file__).resolve().parent.parent / "requirements"
#: dev.txt holds all that base.txt holds, and that is what runs in production.
EVERYTHING, PRODUCT = REQUIREMENTS / "dev.txt", REQUIREMENTS / "base.txt"
SERVICE: Final = "https://api.osv.dev/v1/query"
CLEAN, VULNERABLE, UNKNOWN = 0, 1, 2
UNANSWERED: Final = "Could not ask {url}. Nothing is known about the packages: this is no clean result."


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    packages = _answers(options)
    unasked = [each["name"] for each in packages or () if "skip_reason" in each]
    if not packages or unasked:
        sys.stdout.write(f"{UNANSWERED.format(url=options.osv_url)} {', '.join(unasked)}".rstrip() + "\n")
        return UNKNOWN
    found = list(_findings(packages))
    sys.stdout.writelines(f"{line}\n" for line in found)
    sys.stdout.write(f"{len(packages)} packages, {len(found) or 'no'} known vulnerabilities, says {options.osv_url}.\n")
    return VULNERABLE if found else CLEAN


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run audit", description=__doc__)
    parser.add_argument("--osv-url", default=SERVICE, help=f"an OSV service or a mirror of it ({SERVICE})")
    parser.add_argument("--ignore-vuln", action="append", default=[], metavar="ID", help="one that was judged harmless")
    return parser.parse_args(arguments)


def _answers(options: argparse.Namespace) -> list[dict[str, Any]] | None:
    """What pip-audit was told of each package; None if it did not come to an end: the reason is its last line."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(EVERYTHING), "--disable-pip"]
    command += ["--vulnerability-service", "osv", "--osv-url", options.osv_url]
    command += ["--format", "json", "--desc", "off", "--progress-spinner", "off"]
    command += [word for each in options.ignore_vuln for word in ("--ignore-vuln", each)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    try:
        found: list[dict[str, Any]] = json.loads(told.stdout)["dependencies"]
    except (ValueError, KeyError):
        sys.stderr.write(f"{(told.stderr.strip().splitlines() or ['pip-audit said nothing.'])[-1]}\n")
        return None
    sys.stderr.write(told.stderr)
    return found


def _findings(packages: list[dict[str, Any]]) -> Iterator[str]:
    """A line for each vulnerability, those of the product first."""
    shipped = set(re.findall(r"^([\w.-]+)==", PRODUCT.read_text(), re.MULTILINE))
    for each in sorted(packages, key=lambda package: (package["name"] not in shipped, package["name"])):
        where = "product" if each["name"] in shipped else "development"
        for vulnerability in each["vulns"]:
            names = " ".join([vulnerability["id"], *vulnerability["aliases"]])
            fixed = ", ".join(vulnerability["fix_versions"]) or "no version yet"
            yield f"{where}: {each['name']} {each['version']}: {names}, fixed in {fixed}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
