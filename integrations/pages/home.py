"""The way in: from the site's address to the tile of the workspace one was at last."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from happ_webhooks.history.models import Membership

LAST_PLACE = "workspace"


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """The workspace this session saw last, else the one joined first; a page that says so if there is none.

    Not the first by name: whoever is added to a stranger's workspace must not land there."""
    mine = Membership.objects.filter(user_id=request.user.pk or 0).select_related("workspace")
    places = [each.workspace for each in mine.order_by("pk")]
    if not places:
        return render(request, "pages/no_workspace.html")
    last = request.session.get(LAST_PLACE)
    chosen = next((each for each in places if each.pk == last), places[0])
    return redirect("pages:tile", chosen.pk)
