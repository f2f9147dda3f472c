"""Every receiver of the docs, started by the docs' commands beside the real HAPP, does what the docs say of it."""

import re
import urllib.error
import urllib.request
from importlib.util import find_spec
from pathlib import Path

import pytest

from deliveries.models import DeliveryAttempt
from deliveries.receiver_docs import folder
from happ_webhooks.check.__main__ import main as check
from integrations.connecting import connect
from integrations.pinging import send_test_ping
from tests.conftest import record
from tests.docs.conftest import PASSWORD, Shop, Start
from tests.docs.samples import INSTALLING, SECRET_OF_TESTS, Sample, commands
from tests.processes import eventually

pytestmark = pytest.mark.timeout(120)

FILES = {
    "Python": "receiver.py",
    "Django": "happ/views.py",
    "FastAPI": "receiver_fastapi.py",
    "Node": "receiver.mjs",
    "PHP": "receiver.php",
}
BOUND = 80
SENTENCE = re.compile(r"HAPP_SIGNING_SECRET must be the (signing )?secret as HAPP shows it: whsec_ and 44 characters\.")
#: The line of `handle` that does the work, and one before it that fails until there is a file `failed`.
FAILING_ONCE = {
    ".py": ("    print(event[", '    if not __import__("os").path.exists("failed"): open("failed", "x"); 1 / 0\n'),
    ".mjs": (
        "  console.log(event.id",
        '  try { readFileSync("failed"); } catch { appendFileSync("failed", ""); throw 1; }\n',
    ),
    ".php": (
        "        if (fwrite(",
        '        if (!file_exists("failed")) { touch("failed"); throw new Error("once"); }\n',
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_sample_handles_every_promise(name: str, prepared: Start, capsys: pytest.CaptureFixture[str]) -> None:
    sample = prepared(name, HAPP_SIGNING_SECRET=SECRET_OF_TESTS, HAPP_PASSWORD="0").start()
    status = check([sample.url, "--password", "0", "--secret", SECRET_OF_TESTS])
    said = capsys.readouterr().out
    assert (status, [line for line in said.splitlines() if line.startswith(("BAD", "skipped"))]) == (0, [])
    repeated = re.findall(r"evt_\w+", "\n".join(line for line in said.splitlines() if line.startswith("look")))
    assert len(repeated) == 3
    assert [count(sample, event_id) for event_id in repeated] == [1, 1, 1]


def count(sample: Sample, event_id: str) -> int:
    return len([line for line in sample.lines if line.startswith(event_id)])


@pytest.mark.parametrize("name", FILES)
def test_a_sample_takes_each_event_of_the_real_happ_once_although_its_handling_fails_once(
    name: str, prepared: Start, shop: Shop
) -> None:
    sample = prepared(name)
    fail_once(sample.place / FILES[name])
    (sample.place / "failed").touch()
    sample.start()
    connect(shop.id, url=sample.url, password=PASSWORD)
    (sample.place / "failed").unlink()
    first, second, third = record(shop.workspace, "chat_1", "chat_1", "chat_2")
    eventually(lambda: len(sample.lines) == 4)
    outcome = send_test_ping(shop.id, type="order.created", channel="viber")

    assert outcome.accepted
    taken = [line.split(" ") for line in sample.lines]
    assert taken[0][1:] == ["ping", "-", "0"]
    assert sorted((event_id, number) for event_id, _, _, number in taken[1:-1]) == sorted(
        (each.id, str(each.sequence)) for each in (first, second, third)
    )
    assert taken[-1][1:] == ["order.created", "viber", "0"]
    assert [event_id for event_id, *_ in taken if event_id in (first.id, second.id)] == [first.id, second.id]
    eventually(lambda: errors(shop).count("") == 3)
    assert [error for error in errors(shop) if error] == ["HTTP_500"]


def fail_once(file: Path) -> None:
    line, failing = FAILING_ONCE[file.suffix]
    text = file.read_text()
    assert text.count(line) == 1
    file.write_text(text.replace(line, failing + line))


def errors(shop: Shop) -> list[str]:
    return [
        error or ""
        for error in DeliveryAttempt.objects.filter(connection__workspace=shop.workspace).values_list(
            "error", flat=True
        )
    ]


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_not-base64"], ids=["none", "empty", "malformed"])
@pytest.mark.parametrize("name", ["Python", "FastAPI", "Node", "Self-healing"])
def test_without_a_secret_a_sample_says_one_sentence_and_ends(name: str, secret: str, prepared: Start) -> None:
    sample = prepared(name)
    done = sample.runs(f"exec {sample.last_command}", HAPP_SIGNING_SECRET=secret)
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 1
    assert SENTENCE.fullmatch(done.stdout.strip())


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_not-base64"], ids=["none", "empty", "malformed"])
def test_without_a_secret_django_does_not_start(secret: str, prepared: Start) -> None:
    done = prepared("Django").runs("python3 manage.py check", HAPP_SIGNING_SECRET=secret)
    assert done.returncode == 1
    assert SENTENCE.search(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_not-base64"], ids=["none", "empty", "malformed"])
def test_without_a_secret_php_lets_nothing_in(secret: str, prepared: Start) -> None:
    sample = prepared("PHP", HAPP_SIGNING_SECRET=secret, HAPP_PASSWORD="").start()
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(urllib.request.Request(sample.url, data=b"{}", method="POST"))
    refused.value.close()
    assert refused.value.code == 500
    assert SENTENCE.search(sample.output)


def test_php_answers_500_when_it_cannot_write(prepared: Start, shop: Shop) -> None:
    sample = prepared("PHP", HAPP_EVENTS="nowhere/events.txt").start()
    (sample.place / "nowhere").mkdir()
    connect(shop.id, url=sample.url, password=PASSWORD)
    (sample.place / "nowhere" / "events.txt").unlink()
    (sample.place / "nowhere").rmdir()
    assert send_test_ping(shop.id).status_code == 500


def test_samples_are_short() -> None:
    samples = [path for path in (folder() / "samples").iterdir() if path.is_file()]
    assert {path.name for path in samples if len(path.read_text().splitlines()) >= BOUND} == {"n8n-workflow.json"}


@pytest.mark.parametrize("name", ["Django", "FastAPI"])
def test_the_quick_start_names_the_packages_that_the_commands_install(name: str) -> None:
    installed = [match[2].split() for match in map(INSTALLING.fullmatch, commands(name)) if match and "pip" in match[1]]
    assert [bool(find_spec(package)) for package in installed[0]] == [True] * len(installed[0])
    row = next(line for line in (folder() / "README.md").read_text().splitlines() if line.startswith(f"| {name} |"))
    assert re.findall(r"`(\w+)`", row) == [package for package in installed[0] if package != "django"]
