"""Feeder and receiver in a thread with an event loop of their own, so that a fault never holds up the traffic."""

import asyncio
import ssl
import threading
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from tests.faults.feeder import Feeder, Lane
from tests.faults.ledger import Ledger
from tests.faults.receiver import Mode, Receiver

T = TypeVar("T")


class Traffic:
    """Call `close` at the end. The ledger is shared: it locks itself."""

    def __init__(self, web: str, token: str, ledger: Ledger, seed: int) -> None:
        self.receiver = Receiver(ledger, seed)
        self.feeder = Feeder(web, token, ledger)
        self._loop = asyncio.new_event_loop()
        self._senders: list[asyncio.Task[None]] = []
        self._thread = threading.Thread(target=self._loop.run_forever, name="traffic", daemon=True)
        self._thread.start()

    def _do(self, coroutine: Coroutine[Any, Any, T], seconds: float = 30) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(seconds)

    def listen(self, host: str, port: int = 0, tls: ssl.SSLContext | None = None) -> int:
        return self._do(self.receiver.listen(host, port, tls))

    def flow(self, lanes: Sequence[Lane]) -> None:
        """Starts the traffic of these lanes."""

        async def start() -> None:
            for lane in lanes:
                self.feeder.lanes[lane.workspace] = lane
                self._senders.append(asyncio.create_task(self.feeder.run(lane)))

        self._do(start())

    def set_mode(self, path: str, mode: Mode) -> None:
        self.receiver.modes[path] = mode

    def end(self, seconds: float) -> None:
        """No new events; returns when all that were made are answered. TimeoutError if that takes longer."""

        async def drain() -> None:
            await asyncio.gather(*self._senders)

        self.feeder.ended = True
        self._do(drain(), seconds)

    def close(self) -> None:
        async def stop() -> None:
            self.receiver.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            self.feeder.ended = True
            # Not for ever: asyncio.wait_for may swallow a cancellation that comes together with an answer.
            if others:
                await asyncio.wait(others, timeout=5)
            # Time for the loop to close what was aborted.
            await asyncio.sleep(0.1)

        self._do(stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
