"""The words of the demo receiver's page, in English and Ukrainian. No gettext: the receiver sets up no Django."""

from typing import Final

DEFAULT: Final = "en"
NAMES: Final = {"uk": "Українська", "en": "English"}
EN: Final = {
    "title": "Demo receiver",
    "lead": "Stands for the customer's server. Accepts webhooks at",
    "password": "password",
    "no_password": "no password",
    "buttons": "What it answers from now on",
    "200": "Answer 200",
    "401": "Answer 401",
    "404": "Answer 404",
    "410": "Answer 410",
    "500": "Answer 500",
    "slow": "Answer after 1 s",
    "hang": "Hang",
    "fail_first": "Fail twice, then 200",
    "arrived": "Arrived: {}",
    "nothing": "Nothing yet.",
    "language": "Language",
    "time": "time, UTC",
    "type": "type",
    "channel": "channel",
    "chat": "chat",
    "sequence": "sequence",
    "attempt": "attempt",
    "signature": "signature",
    "status": "answer",
    "id": "id",
    "valid": "valid",
    "invalid": "invalid",
    "unchecked": "unchecked",
}
UK: Final = {
    "title": "Демонстраційний приймач",
    "lead": "Заступає сервер клієнта. Приймає вебхуки за адресою",
    "password": "пароль",
    "no_password": "без пароля",
    "buttons": "Що він відповідає відтепер",
    "200": "Відповідати 200",
    "401": "Відповідати 401",
    "404": "Відповідати 404",
    "410": "Відповідати 410",
    "500": "Відповідати 500",
    "slow": "Відповідати через 1 с",
    "hang": "Зависнути",
    "fail_first": "Двічі помилка, далі 200",
    "arrived": "Надійшло: {}",
    "nothing": "Поки нічого.",
    "language": "Мова",
    "time": "час, UTC",
    "type": "тип",
    "channel": "канал",
    "chat": "чат",
    "sequence": "номер",
    "attempt": "спроба",
    "signature": "підпис",
    "status": "відповідь",
    "id": "ід",
    "valid": "чинний",
    "invalid": "нечинний",
    "unchecked": "не перевірено",
}
WORDS: Final = {"en": EN, "uk": UK}


def language_of(chosen: str, accepted: str) -> str:
    """`chosen` if there is such a language, else what the browser would rather read (Accept-Language)."""
    if chosen in WORDS:
        return chosen
    wanted = sorted(map(_weighed, accepted.split(",")), reverse=True, key=lambda found: found[0])
    return next((language for weight, language in wanted if weight and language in WORDS), DEFAULT)


def _weighed(entry: str) -> tuple[float, str]:
    tag, _, weight = entry.partition(";q=")
    try:
        return float(weight or 1), tag.strip().lower().partition("-")[0]
    except ValueError:
        return 0, ""
