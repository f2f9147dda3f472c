"""The delivery log, and one delivery."""

from django.urls import path

from integrations.pages.log.delivery import delivery, delivery_part
from integrations.pages.log.log import deliveries, figures, rows
from integrations.pages.log.table import deliveries_csv

urlpatterns = [
    path("deliveries/", deliveries, name="deliveries"),
    path("deliveries/rows/", rows, name="deliveries-rows"),
    path("deliveries/figures/", figures, name="deliveries-figures"),
    path("deliveries.csv", deliveries_csv, name="deliveries-csv"),
    path("deliveries/<str:event_id>/", delivery, name="delivery"),
    path("deliveries/<str:event_id>/part/", delivery_part, name="delivery-part"),
]
