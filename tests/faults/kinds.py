"""What a kind of fault is."""

import random
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from tests.faults.scene import Scene

Inject = Callable[[Scene, random.Random], int]


def nothing_around(_: Scene) -> AbstractContextManager[None]:
    return nullcontext()


def always(_: Scene) -> str:
    return ""


@dataclass(frozen=True)
class Kind:
    """A fault that is injected `times` in a row, at random moments at most `apart` seconds from each other.

    `inject` returns when the fault has ended, and how many it was: none if it hit nobody. It notes when couriers were
    hit between an answer and its recording (`Scene.hitting`): promise 5 lets only events of these moments arrive twice.
    `around` prepares processes for the whole group and mends them once things go on as usual; `unable` says in words
    why this machine cannot do it, or nothing.
    """

    name: str
    inject: Inject
    times: int = 1
    apart: float = 1.0
    around: Callable[[Scene], AbstractContextManager[None]] = nothing_around
    unable: Callable[[Scene], str] = always
