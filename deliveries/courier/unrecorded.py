import time

from deliveries.courier.owed import Answer

RECORD_AFTER = 0.2
RECORD_AT = 128


class Unrecorded:
    """Answers that are not written down yet, and when they must be."""

    def __init__(self) -> None:
        self._answers: list[Answer] = []

    def __bool__(self) -> bool:
        return bool(self._answers)

    def add(self, answer: Answer) -> None:
        self._answers.append(answer)

    def take(self) -> list[Answer]:
        taken, self._answers = self._answers, []
        return taken

    def waits_for(self, seconds: float) -> bool:
        """Whether the oldest has waited that long."""
        return bool(self._answers) and time.monotonic() - self._answers[0].answered_at >= seconds

    def due_in(self) -> float:
        """Seconds until the oldest must be written down; for when there is one."""
        return max(0.0, self._answers[0].answered_at + RECORD_AFTER - time.monotonic())

    def is_due(self) -> bool:
        """A failure and a ping at once, since what goes next depends on them; the rest in batches."""
        urgent = any(answer.owed is None or not answer.outcome.accepted for answer in self._answers)
        return urgent or len(self._answers) >= RECORD_AT or self.waits_for(RECORD_AFTER)
