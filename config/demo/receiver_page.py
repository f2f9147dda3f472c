"""The demo receiver's page: buttons that change its answer, and what arrived."""

from collections.abc import Mapping
from html import escape
from itertools import islice

from config.demo.receiver_state import Receiver
from config.demo.receiver_words import NAMES, WORDS

SHOWN = 100
MODES = ("200", "401", "404", "410", "500", "slow", "hang", "fail_first")
COLUMNS = ("time", "type", "channel", "chat", "sequence", "attempt", "signature", "status", "id")
STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { margin: 2rem auto; max-width: 76rem; padding: 0 1rem }
form { display: inline-block; margin: 0 .5rem .5rem 0 }
button { font: inherit; color: inherit; padding: .4rem .9rem }
button { border: 1px solid; border-radius: .5rem; background: none }
button[aria-pressed=true] { background: #0958d9; border-color: #0958d9; color: #fff }
code { overflow-wrap: anywhere }
nav a { display: inline-block; padding: .25rem 0; margin-right: 1rem }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: .875rem; white-space: nowrap }
th, td { text-align: left; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid #8884 }
"""


def page(receiver: Receiver, address: str, language: str) -> str:
    """The whole HTML page; `address` is where webhooks are accepted."""
    words = WORDS[language]
    with receiver.changed:
        newest = list(islice(reversed(receiver.arrivals), SHOWN))
        count, mode, password = len(receiver.arrivals), receiver.behaviour.mode, receiver.password
    rows = "".join(_row(arrival, words) for arrival in newest)
    head = "".join(f'<th scope="col">{words[name]}</th>' for name in COLUMNS)
    nothing = f'<tr><td colspan="{len(COLUMNS)}">{words["nothing"]}</td></tr>'
    said = f"{words['password']} <code>{escape(password)}</code>" if password else words["no_password"]
    return f"""<!doctype html>
<html lang="{language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="2"><title>{words["title"]}</title><style>{STYLE}</style>
<main><h1>{words["title"]}</h1>
<p>{words["lead"]} <code>{escape(address)}</code>, {said}.</p>
<div role="group" aria-label="{words["buttons"]}">{
        "".join(_button(each, words[each], language, pressed=each == mode) for each in MODES)
    }</div>
<h2>{words["arrived"].format(count)}</h2>
<div class="scroll" tabindex="0" role="group" aria-label="{words["arrived"].format(count)}">
<table><thead><tr>{head}</tr></thead><tbody>{rows or nothing}</tbody></table></div></main>
<nav aria-label="{words["language"]}">{"".join(_link(each, chosen=each == language) for each in NAMES)}</nav>
</html>
"""


def _button(mode: str, text: str, language: str, *, pressed: bool) -> str:
    count = '<input type="hidden" name="fail_first" value="2">' if mode == "fail_first" else ""
    return (
        f'<form method="post" action="/control?lang={language}"><input type="hidden" name="mode" value="{mode}">{count}'
        f'<button aria-pressed="{str(pressed).lower()}">{text}</button></form>'
    )


def _link(language: str, *, chosen: bool) -> str:
    here = ' aria-current="true"' if chosen else ""
    return f'<a href="/?lang={language}" lang="{language}" hreflang="{language}"{here}>{NAMES[language]}</a>'


def _row(arrival: Mapping[str, object], words: Mapping[str, str]) -> str:
    shown = {**arrival, "signature": words[str(arrival["signature"])]}
    values = ("" if shown[name] is None else str(shown[name]) for name in COLUMNS)
    return "<tr>" + "".join(f"<td>{escape(value)}</td>" for value in values) + "</tr>"
