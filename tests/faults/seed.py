"""Prepares the database of a faults run: `python -m tests.faults.seed FILE COUNT` writes workspaces and a token there.

It also makes PostgreSQL keep a note of every recording: which session wrote attempts under which lease. That is what
proves that no two couriers recorded for one connection, and what shows which workers are at work.
"""

import json
import sys
from pathlib import Path

import django

django.setup()

from django.core.management import call_command  # noqa: E402 - models need the set-up
from django.db import connection as database  # noqa: E402

from happ_webhooks.history.models import ApiToken, Workspace  # noqa: E402

NOTE_RECORDINGS = """
CREATE TABLE faults_recording (
    id bigserial PRIMARY KEY, connection_id bigint NOT NULL, lease_token text, session integer NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE FUNCTION faults_note_recording() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO faults_recording (connection_id, lease_token, session)
    SELECT DISTINCT c.id, c.lease_token, pg_backend_pid()
      FROM recorded r JOIN deliveries_connection c ON c.id = r.connection_id;
    RETURN NULL;
END $$;
CREATE TRIGGER faults_note_recording AFTER INSERT ON deliveries_deliveryattempt
    REFERENCING NEW TABLE AS recorded FOR EACH STATEMENT EXECUTE FUNCTION faults_note_recording();
"""


def main(file: Path, count: int) -> None:
    call_command("migrate", interactive=False, verbosity=0)
    with database.cursor() as cursor:
        cursor.execute(NOTE_RECORDINGS)
    shops = [Workspace.objects.create(name=f"Shop {number}").pk for number in range(count)]
    _, token = ApiToken.issue(name="faults", scopes=["ingest", "manage"])
    file.write_text(json.dumps({"workspaces": shops, "token": token}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
