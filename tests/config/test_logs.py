"""The two forms of a line, and what cannot get into one."""

import io
import json
import logging
import logging.config
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from config.logs import FIELDS, logging_of
from tests.config.test_environment import start

CANARY = "canary-4711"
Written = Callable[[], str]


@pytest.fixture
def as_form() -> Iterator[Callable[[str], tuple[logging.Logger, Written]]]:
    """A logger of its own that writes in a form, without touching those of the test run."""
    logger = logging.getLogger("tests.lines")
    logger.propagate = False
    logger.setLevel(logging.INFO)

    def begin(form: str) -> tuple[logging.Logger, Written]:
        settings = logging_of(form, "info")["formatters"]["line"]
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        handler.setFormatter(settings["()"](processors=settings["processors"]))
        logger.addHandler(handler)
        return logger, stream.getvalue

    yield begin
    logger.handlers.clear()
    logger.filters.clear()


def raise_with_a_secret() -> None:
    password = CANARY
    assert password
    raise ZeroDivisionError("a bug")


def test_a_line_in_production_is_one_json_object(as_form: Any) -> None:
    log, written = as_form("json")

    log.info("attempt", extra={"event": "evt_1", "ms": 12, "status_code": None})

    line = written()
    document = json.loads(line)
    assert line.count("\n") == 1
    assert document.pop("time").endswith("Z")
    assert document == {
        "message": "attempt", "level": "info", "logger": "tests.lines",
        "event": "evt_1", "ms": 12, "status_code": None,
    }  # fmt: skip


def test_a_line_in_development_is_for_people(as_form: Any) -> None:
    log, written = as_form("console")

    log.info("attempt", extra={"event": "evt_1", "ms": 12})

    assert written().endswith("[info     ] attempt  [tests.lines] event=evt_1 ms=12\n")


@pytest.mark.parametrize("form", ["console", "json"])
def test_what_libraries_attach_stays_inside(as_form: Any, form: str) -> None:
    log, written = as_form(form)

    log.warning("Not Found: %s", "/x", extra={"request": CANARY, "data": {"args": CANARY}, "status": 404})

    assert CANARY not in written()
    assert "404" in written()


@pytest.mark.parametrize("form", ["console", "json"])
def test_an_error_has_its_traceback_without_variables(as_form: Any, form: str) -> None:
    log, written = as_form(form)
    try:
        raise_with_a_secret()
    except ZeroDivisionError:
        log.exception("an error of ours")

    assert "raise_with_a_secret" in written()
    assert "ZeroDivisionError: a bug" in written()
    assert CANARY not in written()


def test_a_line_break_in_a_path_makes_no_second_line(as_form: Any) -> None:
    log, written = as_form("json")

    log.info("request", extra={"path": '/\n{"message":"forged"}'})

    assert written().count("\n") == 1


def test_no_field_is_named_as_python_names_its_own() -> None:
    own = vars(logging.makeLogRecord({})).keys() | {"message", "asctime", "time", "level", "logger"}

    assert own & set(FIELDS) == set()


@pytest.mark.parametrize(
    ("changes", "form", "level"),
    [
        ({}, "console", "INFO"),
        ({"HAPP_PRODUCTION": "1"}, "json", "INFO"),
        ({"HAPP_PRODUCTION": "1", "HAPP_LOG_FORMAT": "console"}, "console", "INFO"),
        ({"HAPP_LOG_FORMAT": "json", "HAPP_LOG_LEVEL": "error"}, "json", "ERROR"),
    ],
)
def test_the_environment_chooses_the_form_and_the_level(changes: dict[str, str], form: str, level: str) -> None:
    ask = "from config.settings import HAPP_LOG_FORMAT, LOGGING as log;"
    ask += "print(HAPP_LOG_FORMAT, log['root']['level'], log['handlers']['stderr']['level'])"

    told = start("-c", ask, **changes)

    assert (told.stdout, told.stderr) == (f"{form} {level} {level}\n", "")


def test_a_process_writes_a_line_that_more_follow_together_with_the_last_of_them() -> None:
    say = "import django, logging, sys; django.setup(); log = logging.getLogger('deliveries.attempts');"
    say += "log.info('first', extra={'more_follows': True}); print('between', file=sys.stderr, flush=True);"
    say += "log.info('last')"

    told = start("-c", say, HAPP_LOG_FORMAT="json")

    between, *lines = told.stderr.splitlines()
    assert (between, [json.loads(line)["message"] for line in lines]) == ("between", ["first", "last"])


@pytest.mark.parametrize(("name", "value"), [("HAPP_LOG_FORMAT", "xml"), ("HAPP_LOG_LEVEL", "debug")])
def test_another_form_or_level_stops_the_start(name: str, value: str) -> None:
    started = start(**{name: value})

    assert started.returncode == 1
    assert started.stderr.startswith(f"{name} must be one of ")


def test_gunicorn_does_not_quote_what_it_could_not_read(as_form: Any) -> None:
    [filter_] = logging_of("json", "info")["filters"].values()
    log, written = as_form("json")
    log.addFilter(filter_["()"]())

    quoted = f"Invalid request from ip=198.51.100.7: Invalid HTTP request line: 'GET /?{CANARY}'"
    log.warning(quoted)
    log.error("Error handling request %s %s", "GET", f"/?{CANARY}")
    log.info("Listening at: %s", "http://127.0.0.1:8000")

    assert [json.loads(line)["message"] for line in written().splitlines()] == [
        "A request that is no HTTP was refused.",
        "An error of ours kept a request from being answered.",
        "Listening at: http://127.0.0.1:8000",
    ]
