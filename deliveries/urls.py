"""Below /api/v1/workspaces/<workspace_id>/."""

from django.urls import path

from deliveries.api.events import EventsView
from deliveries.api.views import DeliveriesView, DeliveryView, GapsView, StatsView

urlpatterns = [
    path("events", EventsView.as_view()),
    path("chat-webhook/deliveries", DeliveriesView.as_view()),
    path("chat-webhook/deliveries/<str:event_id>", DeliveryView.as_view()),
    path("chat-webhook/gaps", GapsView.as_view()),
    path("chat-webhook/stats", StatsView.as_view()),
]
