"""Settings for the canary's processes: everything is logged, mailed and kept that could be.

HAPP_MAIL_FOLDER says where the mails go, which hold a full report of every error,
with the variables of the code.
"""

import os

from config.logs import QUIET, logging_of
from config.settings import *  # noqa: F403
from config.settings import CELERY_BROKER_URL, LOGGING

LOGGING = logging_of("json", "info", LOGGING["loggers"]["deliveries"]["handlers"])
LOGGING["handlers"]["mail"] = {
    "class": "django.utils.log.AdminEmailHandler", "level": "ERROR", "include_html": True,
}  # fmt: skip
LOGGING["handlers"]["stderr"]["level"] = "DEBUG"
LOGGING["root"] = {"handlers": ["stderr", "mail"], "level": "DEBUG"}
for quiet in QUIET:
    del LOGGING["loggers"][quiet]
ADMINS = [("Ops", "ops@example.com")]
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = os.environ["HAPP_MAIL_FOLDER"]

# Kept results name the task's arguments and, for one that failed, the traceback.
CELERY_RESULT_BACKEND = CELERY_BROKER_URL if CELERY_BROKER_URL.startswith("redis") else "rpc://"
CELERY_TASK_IGNORE_RESULT = False
CELERY_RESULT_EXTENDED = True
