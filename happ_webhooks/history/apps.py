from django.apps import AppConfig


class HistoryConfig(AppConfig):
    name = "happ_webhooks.history"
    label = "history"
    verbose_name = "Chat history"
