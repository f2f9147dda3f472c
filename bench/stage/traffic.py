"""Steady traffic through the intake itself, without HTTP: where the engine is measured and not the web process."""

from collections.abc import Sequence

from bench.stage.events import incoming
from bench.stage.pace import steadily
from bench.stage.shops import Shop
from deliveries.intake import take_in

CHATS = 10


def feed(shops: Sequence[Shop], rate_of_each: float, seconds: float) -> None:
    """One event after the other, the shops in turn, each over a few chats."""

    def hand_in(number: int) -> None:
        take_in(shops[number % len(shops)].workspace_id, [incoming(number // len(shops) % CHATS)])

    steadily(rate_of_each * len(shops), seconds, hand_in)
