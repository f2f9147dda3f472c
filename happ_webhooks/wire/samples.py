"""Sample data: what a real event of each type and channel looks like, for the test button and for examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: How each channel knows the customer and the shop: (user name, phone, the shop's account).
_PEOPLE: Final[Mapping[str, tuple[str | None, str | None, str]]] = {
    "telegram": ("olena_k", None, "@gadget_shop_bot"),
    "viber": (None, "+380671234567", "gadget-shop"),
    "instagram": ("olena.k", None, "gadget.shop"),
    "facebook": ("olena.kovalenko", None, "gadgetshop"),
    "whatsapp": (None, "+380671234567", "+380441234567"),
}


def sample_data(
    type: str,  # noqa: A002 - the name it has on the wire
    channel: str,
    at: str,
    mark: str = "test",
) -> dict[str, object]:
    """The `data` of a sample event; KeyError for a type or channel that does not exist.

    `at` is the event's time, `mark` the end of every id of HAPP's in it.
    """
    build = {"message.received": _received, "message.sent": _sent, "order.created": _order}[type]
    return build(channel, at, mark)


def _received(channel: str, at: str, mark: str) -> dict[str, object]:
    username, phone, account = _PEOPLE[channel]
    return {
        "message": _message("inbound", "Доброго дня! Чи є iPhone 17 у наявності?", at, mark),
        "sender": {"id": f"cus_{mark}", "role": "customer", "name": "Олена", "username": username, "phone": phone},
        "source": {"message_id": "74211", "account_id": account},
    }


def _sent(channel: str, at: str, mark: str) -> dict[str, object]:
    account = _PEOPLE[channel][2]
    return {
        "message": _message("outbound", "Так, є! Оформити замовлення?", at, mark),
        "sender": {"id": f"ast_{mark}", "role": "assistant", "name": "HAPP", "username": None, "phone": None},
        "source": {"message_id": "74212", "account_id": account},
    }


def _message(direction: str, text: str, at: str, mark: str) -> dict[str, object]:
    return {
        "id": f"msg_{mark}",
        "direction": direction,
        "kind": "text",
        "text": text,
        "attachments": [],
        "reply_to": None,
        "sent_at": at,
    }


def _order(channel: str, at: str, mark: str) -> dict[str, object]:
    _, phone, _ = _PEOPLE[channel]
    return {
        "order": {
            "id": f"ord_{mark}",
            "number": "1042",
            "status": "new",
            "currency": "UAH",
            "total": "41999.00",
            "items": [{"sku": "IP17-256", "name": "iPhone 17 256 ГБ", "quantity": 1, "price": "41999.00"}],
            "customer": {"name": "Олена", "phone": phone or "+380671234567"},
            "delivery": {"method": "nova_poshta", "address": "Київ, відділення 12"},
            "comment": "",
            "created_at": at,
        }
    }
