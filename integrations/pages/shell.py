"""What stands around every page: the workspace, the ways out of it, language and theme."""

import json

from django.conf import settings
from django.http import HttpRequest

from happ_webhooks.history.models import Membership
from integrations.pages.theme import theme_of

#: No code from strings and no inline style, which the content security policy would refuse; answers with an error
#: status are shown like others, 304 changes nothing.
HTMX = json.dumps(
    {
        "allowEval": False,
        "includeIndicatorStyles": False,
        "selfRequestsOnly": True,
        "historyCacheSize": 0,
        # Else the field with autofocus takes the cursor back from whoever was quicker than the 20 ms it waits.
        "defaultSettleDelay": 0,
        "responseHandling": [
            {"code": "204", "swap": False},
            {"code": "304", "swap": False},
            {"code": "[2345]..", "swap": True},
        ],
    }
)


def shell(request: HttpRequest) -> dict[str, object]:
    """The context of `pages/base.html`. `places` are all memberships of who looks, for the workspace switcher."""
    place = getattr(request, "place", None)
    context: dict[str, object] = {
        "theme": theme_of(request),
        "htmx_config": HTMX,
        "languages": settings.LANGUAGES,
        "place": place,
    }
    if place is not None:
        found = Membership.objects.filter(user_id=request.user.pk or 0).select_related("workspace")
        context["places"] = found.order_by("workspace__name", "workspace_id")
    return context
