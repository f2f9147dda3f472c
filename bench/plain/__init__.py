"""The plain design, as tutorials have it: a Celery task for each event that POSTs, retries itself, and writes a row.

A Django project of its own, with a database of its own; nothing of the product is in it. plain_runs.py runs it.
"""

from bench.plain.celery import app

__all__ = ["app"]
