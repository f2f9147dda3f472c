"""The error codes: those of deliveries, whose words the tile and the log show, and those of the API's own answers."""

from typing import Final

from django.utils.translation import override

from deliveries.catalogue import CODES, explain
from happ_webhooks.history.problems import STATUS, TITLES

DELIVERIES: Final = {
    "en": """# Error codes

## Deliveries

What came of a request to your URL. The tile, the delivery log and support show these words. In the API the code is
`error` of an attempt, `last_error` and `reason` of a delivery, `reason` of a gap, `stop_reason` and `failing.code` of
the tile. Statuses without a line of their own read like `HTTP_418` (4xx), `HTTP_500` (5xx), `HTTP_600` (the rest).

| code | what happened | what to do |
|---|---|---|
""",
    "uk": """# Коди помилок

## Доставка

Чим закінчився запит на вашу адресу. Плитка, журнал доставок і підтримка показують саме ці слова. В API код стоїть у
полях `error` спроби, `last_error` і `reason` доставки, `reason` пропуску, `stop_reason` і `failing.code` плитки.
Статуси без власного рядка пояснюються як `HTTP_418` (4xx), `HTTP_500` (5xx), `HTTP_600` (решта).

| код | що сталося | що робити |
|---|---|---|
""",
}
PROBLEMS: Final = {
    "en": """
## Answers of the API

What HAPP answers when it cannot do what your call asks for: a problem document (RFC 9457) with `status`, `title`, a
`detail` that says what to do, `errors` with a pointer to each bad field, and one of these as `code`.

| code | status | title |
|---|---|---|
""",
    "uk": """
## Відповіді API

Що відповідає HAPP, коли не може виконати ваш виклик: документ про проблему (RFC 9457) зі `status`, `title`, порадою в
`detail`, переліком `errors` із вказівником на кожне хибне поле та одним із цих кодів у полі `code`.

| код | статус | назва |
|---|---|---|
""",
}
EXAMPLES: Final = ("HTTP_418", "HTTP_500", "HTTP_600")


def page(language: str) -> str:
    """The page in English or Ukrainian, as Markdown."""
    with override(language):
        explained = [(code, explain(code)) for code in (*CODES, *EXAMPLES)]
        deliveries = [f"| `{code}` | {each.title} | {each.detail} |\n" for code, each in explained]
        problems = [f"| `{code}` | {STATUS[code]} | {title} |\n" for code, title in TITLES.items()]
    return DELIVERIES[language] + "".join(deliveries) + PROBLEMS[language] + "".join(problems)
