"""Settings, read from the environment. docs/ops/settings.md has them in a table."""

from datetime import timedelta
from pathlib import Path

from config import environment, extras
from config.logs import FORMS, LEVELS, logging_of
from happ_webhooks.history.prepared import PreparingCursor

BASE_DIR = Path(__file__).resolve().parent.parent

# What the product is set to.
HAPP_RETRY_LADDER = environment.ladder("HAPP_RETRY_LADDER", "5,30,120,600,1800,3600,7200")
HAPP_DEADLINE_SECONDS = environment.seconds("HAPP_DEADLINE_SECONDS", "5")
HAPP_ALLOW_PRIVATE_TARGETS = environment.switch("HAPP_ALLOW_PRIVATE_TARGETS")
HAPP_LOG_DAYS = environment.positive("HAPP_LOG_DAYS", "30")
HAPP_HISTORY_DAYS = environment.positive_or_none("HAPP_HISTORY_DAYS")
# The trigger on the audit log keeps each entry for 30 days whatever is set here.
HAPP_AUDIT_DAYS = environment.at_least(30, "HAPP_AUDIT_DAYS", "400")
HAPP_ENCRYPTION_KEYS = environment.encryption_keys("HAPP_ENCRYPTION_KEYS")
HAPP_PUBLIC_HOSTS = [host for host in environment.text("HAPP_PUBLIC_HOSTS", "localhost,127.0.0.1").split(",") if host]
HAPP_CA_BUNDLE = environment.file("HAPP_CA_BUNDLE")
HAPP_PRODUCTION = environment.switch("HAPP_PRODUCTION")
HAPP_LOG_FORMAT = environment.choice("HAPP_LOG_FORMAT", "json" if HAPP_PRODUCTION else "console", FORMS)
HAPP_LOG_LEVEL = environment.choice("HAPP_LOG_LEVEL", "info", LEVELS)
HAPP_PROXIES = environment.at_least(0, "HAPP_PROXIES", "0")
HAPP_RELEASE = environment.optional("HAPP_RELEASE")
# Read by prometheus_client from the environment; here it is made.
PROMETHEUS_MULTIPROC_DIR = environment.folder("PROMETHEUS_MULTIPROC_DIR")

SECRET_KEY = environment.secret("HAPP_SECRET_KEY")
SECRET_KEY_FALLBACKS = environment.secrets("HAPP_SECRET_KEY_FALLBACKS")
DEBUG = False
ALLOWED_HOSTS = HAPP_PUBLIC_HOSTS
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

INSTALLED_APPS = [
    # Before the admin, whose templates and site it replaces.
    "integrations",
    "integrations.apps.SupportAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "axes",
    "csp",
    "django_htmx",
    "happ_webhooks.history",
    "deliveries",
    # Commands and pages for operators.
    "config",
]
MIDDLEWARE = [
    "config.access.LogRequests",
    "config.headers.HeadersMiddleware",
    "config.metrics.CountDatabaseErrors",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "integrations.pages.account.session.KeepSignedInMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "axes.middleware.AxesMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "integrations.pages.shell.shell",
            ],
        },
    },
]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "pages:home"
LOGOUT_REDIRECT_URL = "login"
CSRF_FAILURE_VIEW = "integrations.pages.errors.forged"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# Wrong passwords, counted by user name and address (docs/ops/settings.md), for names that do not exist as well, and by
# address alone. Kept for a quarter of an hour, without what was entered; the log says that it happened, not who it was.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_HANDLER = "integrations.pages.account.lockout.Lockout"
AXES_CLIENT_IP_CALLABLE = "integrations.pages.account.lockout.address_of"
AXES_LOCKOUT_CALLABLE = "integrations.pages.account.lockout.locked"
AXES_USERNAME_CALLABLE = "integrations.pages.account.lockout.username_of"
AXES_RESET_ON_SUCCESS = True
# Trying on while locked neither counts nor makes it longer: a script could lock somebody out for ever.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "csrfmiddlewaretoken", "next"]
AXES_VERBOSE = False
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# A process that is frozen or cut off in a transaction keeps its locks, and so its workspace, for as long as its session
# lives: no longer than a courier's lease. Else PostgreSQL would find out after the kernel's two hours.
SESSION = f"-c idle_in_transaction_session_timeout={round(1000 * (HAPP_DEADLINE_SECONDS + 3))}"
SESSION += " -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"

DATABASES = {
    "default": {
        **environment.database("DATABASE_URL"),
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 60,
        # Behind PgBouncer the next statement may reach another session, which does not have the cursor.
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {
            "cursor_factory": PreparingCursor,
            "connect_timeout": 3,
            # A database host that vanished is noticed in seconds, not in the kernel's quarter of an hour.
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
            "options": SESSION,
        },
    },
}

LANGUAGE_CODE = "en"
LANGUAGES = [("uk", "Українська"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

# A batch may be 1 MiB; Django's own limit must not speak first, since its error is no problem document.
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

# A sign-in ends twelve hours after the last page: the next morning, on a computer that others use too.
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HAPP_PRODUCTION
LANGUAGE_COOKIE_AGE = 31_536_000
# A cookie of such a name is taken over HTTPS from this very host alone: neither a neighbouring host nor somebody on the
# way can plant one.
HOST_ONLY = "__Host-" if HAPP_PRODUCTION else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{HOST_ONLY}sessionid", f"{HOST_ONLY}csrftoken"

SECURE_SSL_REDIRECT = False  # TLS ends at the proxy, which redirects.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000 if HAPP_PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HAPP_PRODUCTION
SECURE_REFERRER_POLICY = SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SILENCED_SYSTEM_CHECKS = ["security.W008"]  # The redirect is the proxy's.

# Nothing inline, nothing from elsewhere: a page can load, send to and be framed by this site alone, or nobody.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "connect-src": ["'self'"],
        "font-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    },
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "happ_webhooks.history.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["happ_webhooks.history.parsers.StrictJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "happ_webhooks.history.renderers.AnyAccept",
    "DEFAULT_RENDERER_CLASSES": ["happ_webhooks.history.renderers.PlainJSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "happ_webhooks.history.schema.ProblemAutoSchema",
    "EXCEPTION_HANDLER": "happ_webhooks.history.problems.problem_response",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "HAPP Chat Webhook",
    "DESCRIPTION": "Connect a workspace's Chat Webhook, follow its deliveries, record events, fetch missed ones.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": [],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1/workspaces/{workspace_id}",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "happ_webhooks.history.schema.refuse_unknown_fields",
        "deliveries.api.webhooks.describe_webhooks",
        "deliveries.api.examples.add_examples",
    ],
    "ENUM_NAME_OVERRIDES": {
        "DeliveryStatusEnum": "deliveries.models.Status",
        "IntegrationStatusEnum": "integrations.state.STATUSES",
        "ProblemCodeEnum": "happ_webhooks.history.schema.CODES",
    },
}

# Celery, as docs/decisions/0004 sets it. Losing every message loses nothing: the database is the queue.
CELERY_BROKER_URL = environment.broker("REDIS_URL")
# A broker that keeps its connections open and stays silent is left after half a minute, Redis or RabbitMQ.
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        # Redis keeps nothing of what a worker has taken: two round trips less for each wake.
        "ack_emulation": False,
        "socket_timeout": 10,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 25,
    }
    if CELERY_BROKER_URL.startswith("redis")
    else {"read_timeout": 10, "write_timeout": 10}
)
CELERY_BROKER_HEARTBEAT = 15
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
# Early: a courier that dies is missed by its lease, and a wake that is lost by the sweeper.
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_DEFAULT_QUEUE = "fresh"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Else RabbitMQ is asked for more from the pool's threads once it is back, on a line the worker is reading.
CELERY_WORKER_ENABLE_PREFETCH_COUNT_REDUCTION = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
# Without it Celery opens a PostgreSQL connection for every task, whatever CONN_MAX_AGE says.
CELERY_DB_REUSE_MAX = 1_000_000_000
# None expires: a worker whose clock is ahead of beat's would throw every one away, and with it what heals lost wakes.
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "deliveries.sweep", "schedule": 3.0, "options": {"queue": "control"}},
    "forget": {"task": "integrations.forget_sign_ins", "schedule": 86_400.0, "options": {"queue": "control"}},
    "prune": {"task": "deliveries.prune", "schedule": 3600.0, "options": {"queue": "control"}},
}

# Content and secrets are in no report of an error either, whoever is told of it.
DEFAULT_EXCEPTION_REPORTER_FILTER = "config.reports.DiscreetFilter"

# Both are extras, off unless their setting is given.
spans = extras.module_for("OTEL_EXPORTER_OTLP_ENDPOINT", "config.spans", "otel")
sentry = extras.module_for("SENTRY_DSN", "config.sentry", "sentry")
if sentry is not None:
    sentry.report_errors(environment.secret("SENTRY_DSN"))

LOGGING = logging_of(HAPP_LOG_FORMAT, HAPP_LOG_LEVEL, ["config.spans.SpanHandler"] if spans else [])
