"""The error codes, from the catalogue that the tile, the log and the API take their words from."""

from typing import Final

from django.utils.translation import override

from deliveries.catalogue import CODES, explain

HEADS: Final = {
    "en": (
        "# Error codes\n\n"
        "The tile, the delivery log, the API (`code`, `title`, `detail`) and support all use these codes and words.\n"
        "Statuses without a line of their own read like `HTTP_418` (4xx), `HTTP_500` (5xx), `HTTP_600` (the rest).\n\n"
        "| code | what happened | what to do |\n|---|---|---|\n"
    ),
    "uk": (
        "# Коди помилок\n\n"
        "Плитка, журнал доставок, API (`code`, `title`, `detail`) і підтримка уживають ті самі коди й слова.\n"
        "Статуси без власного рядка пояснюються як `HTTP_418` (4xx), `HTTP_500` (5xx), `HTTP_600` (решта).\n\n"
        "| код | що сталося | що робити |\n|---|---|---|\n"
    ),
}
EXAMPLES: Final = ("HTTP_418", "HTTP_500", "HTTP_600")


def page(language: str) -> str:
    """The page in one of HEADS' languages, as Markdown."""
    with override(language):
        explained = [(code, explain(code)) for code in (*CODES, *EXAMPLES)]
    rows = [f"| `{code}` | {each.title} | {each.detail} |\n" for code, each in explained]
    return HEADS[language] + "".join(rows)
