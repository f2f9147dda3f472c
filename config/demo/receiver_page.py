"""The demo receiver's page: buttons that change its answer, and what arrived."""

from html import escape
from itertools import islice

from config.demo.receiver_state import Receiver

SHOWN = 100
BUTTONS = {
    "200": "Answer 200",
    "401": "Answer 401",
    "404": "Answer 404",
    "410": "Answer 410",
    "500": "Answer 500",
    "slow": "Answer after 1 s",
    "hang": "Hang",
    "fail_first": "Fail twice, then 200",
}
COLUMNS = ("time", "type", "channel", "chat", "sequence", "attempt", "signature", "status", "id")
STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { margin: 2rem auto; max-width: 76rem; padding: 0 1rem }
form { display: inline-block; margin: 0 .5rem .5rem 0 }
button { font: inherit; padding: .4rem .9rem; border: 1px solid; border-radius: .5rem; background: none }
button[aria-pressed=true] { background: #0958d9; border-color: #0958d9; color: #fff }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: .875rem; white-space: nowrap }
th, td { text-align: left; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid #8884 }
"""


def page(receiver: Receiver, address: str) -> str:
    """The whole HTML page; `address` is where webhooks are accepted."""
    with receiver.changed:
        newest = list(islice(reversed(receiver.arrivals), SHOWN))
        count, mode, password = len(receiver.arrivals), receiver.behaviour.mode, receiver.password
    rows = "".join(_row(arrival) for arrival in newest) or f'<tr><td colspan="{len(COLUMNS)}">Nothing yet.</td></tr>'
    head = "".join(f'<th scope="col">{name}</th>' for name in COLUMNS)
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="2"><title>Demo receiver</title><style>{STYLE}</style>
<h1>Demo receiver</h1>
<p>Stands for the customer's server. Accepts webhooks at <code>{escape(address)}</code>,
password {f"<code>{escape(password)}</code>" if password else "none"}.</p>
<p>{"".join(_button(value, text, pressed=value == mode) for value, text in BUTTONS.items())}</p>
<h2>{count} arrived</h2>
<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>
</html>
"""


def _button(mode: str, text: str, *, pressed: bool) -> str:
    count = '<input type="hidden" name="fail_first" value="2">' if mode == "fail_first" else ""
    return (
        f'<form method="post" action="/control"><input type="hidden" name="mode" value="{mode}">{count}'
        f'<button aria-pressed="{str(pressed).lower()}">{text}</button></form>'
    )


def _row(arrival: dict[str, object]) -> str:
    values = (arrival[name] for name in COLUMNS)
    return "<tr>" + "".join(f"<td>{escape('' if value is None else str(value))}</td>" for value in values) + "</tr>"
