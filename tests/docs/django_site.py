"""The smallest Django site that uses the sample's view: `django_site.py PORT`, started in the samples' folder."""

import os
import sys
from importlib import import_module
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import path

sys.path.insert(0, os.getcwd())  # noqa: PTH109 - where the sample lies


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        pass


settings.configure(
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["127.0.0.1"],
    HAPP_SIGNING_SECRET=os.environ["HAPP_SIGNING_SECRET"],
    HAPP_PASSWORD=os.environ.get("HAPP_PASSWORD"),
)
django.setup()

# By name, since it lies beside the docs, and after the set-up, since it needs the settings.
urlpatterns = [path("happ", import_module("receiver_django").happ_webhook)]

if __name__ == "__main__":
    make_server("127.0.0.1", int(sys.argv[1]), get_wsgi_application(), handler_class=Quiet).serve_forever()
