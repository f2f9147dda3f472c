"""What the pages for operators say of a failover and of a restore, done with real servers."""

from pathlib import Path

from tests.ops import failover, point_in_time


def test_a_restore_to_a_point_brings_back_what_was_accepted_by_then_and_sends_what_waited_again(tmp_path: Path) -> None:
    figures = point_in_time.run(tmp_path)

    assert figures["in the history after the restore"] == figures["accepted before the point"] == 420
    assert figures["sent again by itself, same webhook-id"] == len(point_in_time.WAITING)
    assert figures["posted again, known: duplicate"] == len(point_in_time.AFTER_BACKUP)
    assert figures["posted again, gone: queued"] == figures["accepted after it"] == len(point_in_time.AFTER_POINT)
    assert figures["of them with the webhook-id of before"] == 0
    assert figures["of them with a sequence that was used before"] == len(point_in_time.AFTER_POINT)


def test_a_failover_without_the_last_wal_loses_just_that_and_nobody_is_restarted(tmp_path: Path) -> None:
    figures = failover.run(tmp_path)

    assert figures["in the history after it"] == len(failover.KEPT)
    assert figures["posted again, known: duplicate"] == len(failover.KEPT)
    assert figures["posted again, gone: queued"] == len(failover.LOST)
    assert figures["of them with the webhook-id of before"] == 0
