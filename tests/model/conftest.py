from collections.abc import Iterator

import pytest

from tests.model.world import World, Worlds, worlds


@pytest.fixture
def made(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worlds]:
    with worlds(monkeypatch) as made:
        yield made


@pytest.fixture
def world(made: Worlds) -> World:
    """A workspace whose couriers send one POST at a time, so that the reference can follow each."""
    return made.new()
