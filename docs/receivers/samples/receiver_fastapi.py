"""HAPP events with FastAPI: `HAPP_SIGNING_SECRET=whsec_... uvicorn receiver_fastapi:app --port 8080`.

Needs `pip install fastapi uvicorn standardwebhooks`. HAPP_PASSWORD, if set, must be the one entered in HAPP. Ids of
events are kept in the SQLite file HAPP_EVENTS; use a table of your own database instead.
"""

import hmac
import json
import os
import re
import sqlite3
import sys
from contextlib import closing

from fastapi import FastAPI, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from standardwebhooks import Webhook, WebhookVerificationError

SECRET, PASSWORD = os.environ.get("HAPP_SIGNING_SECRET", ""), os.environ.get("HAPP_PASSWORD", "")
FILE = os.environ.get("HAPP_EVENTS", "seen.sqlite3")
if not re.fullmatch("whsec_([A-Za-z0-9+/]{4}){10,}[A-Za-z0-9+/]{3}=", SECRET):
    sys.exit("HAPP_SIGNING_SECRET must be the signing secret as HAPP shows it: whsec_ and 44 characters.")
app = FastAPI()
webhook = Webhook(SECRET)


@app.post("/happ", status_code=204)
async def receive(request: Request) -> None:
    given = request.headers.get("authorization", "")
    if PASSWORD and not hmac.compare_digest(given.encode(), f"Bearer {PASSWORD}".encode()):
        raise HTTPException(401)
    body = await request.body()
    try:
        webhook.verify(body, dict(request.headers), json_parse=False)
    except (WebhookVerificationError, ValueError):
        raise HTTPException(403) from None
    await run_in_threadpool(take, json.loads(body))


def take(event: dict) -> None:
    """Marks and handles it in one transaction: what fails is not marked, and HAPP, getting a 500, sends it again."""
    with closing(sqlite3.connect(FILE, timeout=4)) as database, database:
        database.execute("CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY)")
        if database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (event["id"],)).rowcount:  # It may come twice.
            handle(event)


def handle(event: dict) -> None:
    """Write it down and return; let a task queue do the rest, since HAPP waits five seconds at most."""
    print(event["id"], event["type"], event.get("channel", "-"), event["sequence"], flush=True)
