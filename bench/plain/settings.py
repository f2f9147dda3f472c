"""Settings of the plain design. PLAIN_DATABASE_URL, REDIS_URL and PLAIN_DB_REUSE_MAX come from the environment."""

import os

from environ import Env  # type: ignore[import-untyped]

SECRET_KEY = "plain"  # noqa: S105 (it keeps nothing)
INSTALLED_APPS = ["bench.plain"]
DATABASES = {"default": {**Env.db_url_config(os.environ["PLAIN_DATABASE_URL"]), "CONN_MAX_AGE": 60}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

CELERY_BROKER_URL = os.environ["REDIS_URL"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "plain"
# Without it Celery opens a PostgreSQL connection for every task.
CELERY_DB_REUSE_MAX = int(os.environ.get("PLAIN_DB_REUSE_MAX", "0")) or None
