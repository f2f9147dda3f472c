"""The tile, and what can be done with it."""

from django.urls import path

from integrations.pages.webhook.connect import connect
from integrations.pages.webhook.disconnect import disconnect
from integrations.pages.webhook.explanation import explanation
from integrations.pages.webhook.settings import settings
from integrations.pages.webhook.testing import send_test
from integrations.pages.webhook.tile import tile, tile_part

urlpatterns = [
    path("", tile, name="tile"),
    path("tile/", tile_part, name="tile-part"),
    path("connect/", connect, name="connect"),
    path("settings/", settings, name="settings"),
    path("disconnect/", disconnect, name="disconnect"),
    path("test/", send_test, name="test"),
    path("errors/<str:code>/", explanation, name="explanation"),
]
