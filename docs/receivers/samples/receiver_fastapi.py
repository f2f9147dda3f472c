"""HAPP events with FastAPI: `HAPP_SIGNING_SECRET=whsec_... uvicorn receiver_fastapi:app --port 8080`.

Needs `pip install fastapi uvicorn standardwebhooks`. HAPP_PASSWORD, if set, must be the one entered in HAPP.
"""

import hmac
import json
import os

from fastapi import BackgroundTasks, FastAPI, HTTPException, Request
from standardwebhooks import Webhook, WebhookVerificationError

app = FastAPI()
webhook = Webhook(os.environ["HAPP_SIGNING_SECRET"])
password = os.environ.get("HAPP_PASSWORD")
seen: set[str] = set()  # Keep it in your database: an event may come twice, with the same id.


@app.post("/happ", status_code=204)
async def receive(request: Request, later: BackgroundTasks) -> None:
    given = request.headers.get("authorization", "")
    if password and not hmac.compare_digest(given.encode(), f"Bearer {password}".encode()):
        raise HTTPException(401)
    body = await request.body()
    try:
        webhook.verify(body, dict(request.headers), json_parse=False)
    except (WebhookVerificationError, ValueError):
        raise HTTPException(403) from None
    event = json.loads(body)
    if event["id"] not in seen:
        seen.add(event["id"])
        later.add_task(handle, event)  # Runs after the answer: HAPP waits five seconds at most.


def handle(event: dict) -> None:
    print(event["id"], event["type"], event.get("channel", "-"), event["sequence"], flush=True)
