"""The command `./run demo`: the whole product on this machine, until Ctrl-C."""

import argparse
import sys

from config.demo import smoke
from config.demo.demo import Demo, DemoError, Options, Stopped
from config.demo.folder import DemoFolder, DemoRunsError, from_caller
from config.demo.postgres import ServerError
from config.demo.stack import WEB_PORT


def main() -> int:
    options = arguments()
    if options.smoke:
        return smoke.main()
    folder = DemoFolder.chosen()
    ready = from_caller(options.ready_file) if options.ready_file else None
    try:
        with folder.held():
            if options.reset:
                folder.forget()
            with Demo(folder, Options(options.port, not options.no_simulator, ready)) as demo:
                demo.serve()
    except Stopped:
        print("Stopped.", flush=True)
    except (DemoRunsError, DemoError, ServerError) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run demo", description="Runs the whole product on this machine.")
    parser.add_argument(
        "--smoke", action="store_true", help="prove that it works, in a demo of its own, and exit 0 or 1"
    )
    parser.add_argument("--ready-file", metavar="F", help="write addresses, tokens and process numbers there as JSON")
    parser.add_argument("--no-simulator", action="store_true", help="make no shop traffic")
    parser.add_argument("--reset", action="store_true", help="forget the data of earlier runs first")
    parser.add_argument(
        "--port", type=int, default=WEB_PORT, metavar="N", help="web port, or the next free one after it"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
