"""`./run test --broker rabbitmq --pooler pgbouncer` where they are not installed."""

import pytest

from tests.servers import __main__, pgbouncer, rabbitmq


@pytest.mark.parametrize(
    ("option", "module", "package"),
    [("--broker=rabbitmq", rabbitmq, "rabbitmq-server"), ("--pooler=pgbouncer", pgbouncer, "pgbouncer")],
)
def test_a_program_that_is_missing_is_named_in_one_line(
    option: str, module: object, package: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "SERVER", "/nowhere/server")
    assert __main__.main([option, "tests/wire"]) == 2
    assert capsys.readouterr().err == (
        f"{package} is not on this machine. Install it with: apt-get install --no-install-recommends {package}\n"
    )
