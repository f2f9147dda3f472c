"""The delivery log, and one delivery."""

from django.urls import path

from integrations.pages.log.delivery import delivery
from integrations.pages.log.log import deliveries, rows
from integrations.pages.log.table import deliveries_csv

urlpatterns = [
    path("deliveries/", deliveries, name="deliveries"),
    path("deliveries/rows/", rows, name="deliveries-rows"),
    path("deliveries.csv", deliveries_csv, name="deliveries-csv"),
    path("deliveries/<str:event_id>/", delivery, name="delivery"),
]
