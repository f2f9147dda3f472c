"""The books in the database: that the counts add up, that bytes are the history's, and that one courier recorded."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from tests.faults.ledger import Ledger
from tests.faults.stack import Stack

COUNTS = """
SELECT w.id, w.last_sequence,
       (SELECT count(*) FROM history_chatevent e WHERE e.workspace_id = w.id),
       (SELECT coalesce(max(sequence), 0) FROM history_chatevent e WHERE e.workspace_id = w.id)
  FROM history_workspace w WHERE w.id = ANY(%(workspaces)s)
"""
OWED = """
SELECT e.id, md5(convert_to(e.body, 'UTF8')), d.status, d.attempts,
       (SELECT count(*) FROM deliveries_deliveryattempt a WHERE a.event_id = e.id),
       (SELECT count(DISTINCT a.number) FROM deliveries_deliveryattempt a WHERE a.event_id = e.id),
       (SELECT count(*) FROM deliveries_deliveryattempt a WHERE a.event_id = e.id AND a.status_code / 100 = 2)
  FROM history_chatevent e LEFT JOIN deliveries_delivery d ON d.event_id = e.id
 WHERE e.workspace_id = %(workspace)s AND e.sequence > %(after)s AND e.sequence <= %(upto)s
"""
RECORDINGS = "SELECT connection_id, lease_token, session FROM faults_recording WHERE id > %(after)s ORDER BY id"


PENDING = """
SELECT count(*) FROM unnest(%(workspaces)s::text[], %(marks)s::bigint[]) m (workspace, mark)
  JOIN deliveries_delivery d ON d.workspace_id = m.workspace AND d.sequence <= m.mark AND d.status = 'pending'
"""


class Books:
    """Checks what has been recorded since the last look; what is wrong comes as sentences."""

    def __init__(self, stack: Stack, ledger: Ledger) -> None:
        self._stack, self._ledger = stack, ledger
        self._checked: dict[str, int] = {}

    def pending(self, marks: Mapping[str, int]) -> int:
        """How many deliveries up to these sequences are not settled."""
        values = {"workspaces": list(marks), "marks": list(marks.values())}
        return int(self._stack.rows(PENDING, values)[0][0])

    def check(self, marks: Mapping[str, int]) -> list[str]:
        """All that was promised of the events up to these sequences: none of them may be pending."""
        problems = []
        for workspace, last, count, newest in self._stack.rows(COUNTS, {"workspaces": list(marks)}):
            if not last == count == newest:
                problems.append(f"LOST: {workspace} has {count} events numbered up to {newest}, and counts {last}")
        for workspace, mark in marks.items():
            problems += self._check_events(workspace, mark)
        return problems

    def _check_events(self, workspace: str, mark: int) -> list[str]:
        after = self._checked.get(workspace, 0)
        self._checked[workspace] = mark
        rows = self._stack.rows(OWED, {"workspace": workspace, "after": after, "upto": mark})
        problems = [problem for row in rows for problem in judge(Row(*row), self._ledger)]
        known = {row[0] for row in rows}
        told = (event for event in self._ledger.by_workspace.get(workspace, []) if after < event.sequence <= mark)
        return problems + [f"LOST: {one.id} was accepted, the history lacks it" for one in told if one.id not in known]

    def recorders(self) -> list[str]:
        """Who recorded: within a lease one session, and none that comes back after another; a lease never returns."""
        rows = self._stack.rows(RECORDINGS, {"after": 0})
        by_connection: dict[int, list[tuple[str, int]]] = {}
        for connection, lease, session in rows:
            by_connection.setdefault(connection, []).append((lease, session))
        problems = []
        for connection, written in by_connection.items():
            problems += [f"two couriers recorded for connection {connection}: {why}" for why in interleaved(written)]
        return problems

    def totals(self, workspaces: Sequence[str]) -> dict[str, int]:
        sql = "SELECT status, count(*) FROM deliveries_delivery WHERE workspace_id = ANY(%(workspaces)s) GROUP BY 1"
        return dict(self._stack.rows(sql, {"workspaces": list(workspaces)}))


def interleaved(written: Sequence[tuple[str, int]]) -> list[str]:
    """What is wrong with recordings, in their order, as (lease, session): each pair must be one unbroken block."""
    blocks = [key for key, _ in groupby(written)]
    leases = [lease for lease, _ in groupby(lease for lease, _ in written)]
    problems = [f"lease {lease} came back" for lease in sorted(set(leases)) if leases.count(lease) > 1]
    return problems + [f"session {key[1]} came back" for key in sorted(set(blocks)) if blocks.count(key) > 1]


class Row(NamedTuple):
    """One event in the database: its body's digest, its delivery if it has one, and its attempts."""

    event: str
    digest: str
    status: str | None
    counted: int | None
    attempts: int
    numbers: int
    successes: int


def judge(row: Row, ledger: Ledger) -> list[str]:
    """What is wrong with one event, by what the sender of events and the receiver saw of it."""
    accepted, first = ledger.accepted.get(row.event), ledger.first.get(row.event)
    problems = []
    if accepted is None:
        problems.append(f"LOST: {row.event} is in the history, and nobody was told so")
    elif accepted.state == "queued" and row.status is None:
        problems.append(f"LOST: {row.event} was answered queued, and is owed to nobody")
    if row.status == "pending":
        problems.append(f"LOST: {row.event} is due and still pending")
    if row.status == "delivered" and not ledger.taken(row.event):
        problems.append(f"LOST: {row.event} counts as delivered, and no arrival of it was answered 2xx")
    if first is not None and first.digest != row.digest:
        problems.append(f"altered: {row.event} arrived with other bytes than the history has")
    if row.attempts != row.numbers or (row.status is not None and row.counted != row.attempts):
        seen = f"{row.attempts} attempts under {row.numbers} numbers"
        problems.append(f"two couriers: {row.event} has {seen} and counts {row.counted}")
    if row.successes > 1:
        problems.append(f"two couriers: {row.event} has {row.successes} successful attempts")
    return problems
