"""Settings of the site, from the environment (``SCITEX_*``) and ``.env`` where there is one; the README lists them."""

import os
from decimal import Decimal
from pathlib import Path
from typing import Any

from environs import validate

from . import environment
from .secret import secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
_env_file = os.environ.get("SCITEX_ENV_FILE", str(BASE_DIR / ".env"))
_env = environment.reader(Path(_env_file) if _env_file else None)
_positive = validate.Range(min=1)

# Where things are
SCITEX_ENV_FILE: str = _env.str("SCITEX_ENV_FILE", _env_file)
SCITEX_DATA_DIR = Path(_env.str("SCITEX_DATA_DIR", str(BASE_DIR / "var"))).expanduser().resolve()
_database: dict[str, Any] = dict(
    _env.dj_db_url("SCITEX_DATABASE_URL", f"sqlite:///{SCITEX_DATA_DIR / 'scholar.sqlite3'}")
)
# An object store for the files; empty: a folder of the data directory.
_files: dict[str, Any] = _env.storage("SCITEX_FILES_URL", "")

# The site
DEBUG: bool = _env.bool("SCITEX_DEBUG", False)
ALLOWED_HOSTS: list[str] = _env.list("SCITEX_ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = _env.list("SCITEX_CSRF_TRUSTED_ORIGINS", [])
SECRET_KEY: str = _env.str("SCITEX_SECRET_KEY", "") or secret_key(SCITEX_DATA_DIR / "secret_key")
SCITEX_METRICS_TOKEN: str = _env.str("SCITEX_METRICS_TOKEN", "")
SCITEX_LOG_FORMAT: str = _env.str("SCITEX_LOG_FORMAT", "text", validate=validate.OneOf(["text", "json"]))
# Behind TLS: cookies are then sent over HTTPS only, and browsers are told to stay there.
SCITEX_HTTPS: bool = _env.bool("SCITEX_HTTPS", False)

# Reverse proxies on other machines, whose word for a visitor's address is taken; those on this one always are.
SCITEX_TRUSTED_PROXIES: environment.TrustedProxies = _env.proxies("SCITEX_TRUSTED_PROXIES", "")

# Letters, which reset passwords and tell that a job is done. The default sends none; console: prints them.
_email: dict[str, Any] = _env.mail("SCITEX_EMAIL_URL", "dummy:")

# The indexes
SCITEX_CONTACT_EMAIL: str = _env.str("SCITEX_CONTACT_EMAIL", "", validate=lambda s: not s or validate.Email()(s))
SCITEX_SOURCES: tuple[str, ...] = _env.sources("SCITEX_SOURCES", "catalogue,crossref")
SCITEX_OPTIONAL_SOURCES: tuple[str, ...] = _env.sources("SCITEX_OPTIONAL_SOURCES", "semanticscholar")
SCITEX_SOURCE_URLS: dict[str, str] = {
    name: _env.str(f"SCITEX_{name.upper()}_URL", "", validate=lambda s: not s or validate.URL(require_tld=False)(s))
    for name in environment.REMOTE_SOURCES
}
SCITEX_SOURCE_RATES: dict[str, environment.Rate | None] = {
    name: _env.rate(f"SCITEX_{name.upper()}_RATE", "") for name in environment.REMOTE_SOURCES
}
SCITEX_OPENALEX_KEY: str = _env.str("SCITEX_OPENALEX_KEY", "")
# In dollars; empty: what OpenAlex gives away, 1 with a key and 0.10 without.
SCITEX_OPENALEX_DAILY_BUDGET: Decimal | None = _env.dollars("SCITEX_OPENALEX_DAILY_BUDGET", "")
SCITEX_SEMANTICSCHOLAR_KEY: str = _env.str("SCITEX_SEMANTICSCHOLAR_KEY", "")
SCITEX_NCBI_KEY: str = _env.str("SCITEX_NCBI_KEY", "")
SCITEX_SOURCE_PATIENCE_SECONDS: int = _env.int("SCITEX_SOURCE_PATIENCE_SECONDS", 120, validate=_positive)

# The life of a job
SCITEX_PROCESSING_TIMEOUT_MINUTES: int = _env.int("SCITEX_PROCESSING_TIMEOUT_MINUTES", 10, validate=_positive)
SCITEX_PENDING_TIMEOUT_MINUTES: int = _env.int("SCITEX_PENDING_TIMEOUT_MINUTES", 5, validate=_positive)
SCITEX_RETENTION_DAYS: int = _env.int("SCITEX_RETENTION_DAYS", 30, validate=validate.Range(min=0, max=36500))
SCITEX_LEASE_SECONDS: int = _env.int("SCITEX_LEASE_SECONDS", 60, validate=validate.Range(min=3))
# A job gives way to others after a turn, if they wait and it got anywhere. It is stuck when nothing moves for this
# long beyond a source's patience: who waits for a source is not stuck.
SCITEX_TURN_SECONDS: int = _env.int("SCITEX_TURN_SECONDS", 60, validate=_positive)
SCITEX_NO_PROGRESS_SECONDS: int = _env.int("SCITEX_NO_PROGRESS_SECONDS", 60, validate=_positive)
SCITEX_LONGEST_JOB_HOURS: int = _env.int("SCITEX_LONGEST_JOB_HOURS", 24, validate=_positive)
SCITEX_JOB_MEMORY_MB: int = _env.int("SCITEX_JOB_MEMORY_MB", 1024, validate=validate.Range(min=256))
SCITEX_JOB_CPU_SECONDS: int = _env.int("SCITEX_JOB_CPU_SECONDS", 180, validate=_positive)
SCITEX_MAX_UPLOAD_BYTES: int = _env.int("SCITEX_MAX_UPLOAD_BYTES", 10 * 1024 * 1024, validate=_positive)
SCITEX_MAX_ENTRIES: int = _env.int("SCITEX_MAX_ENTRIES", 10_000, validate=_positive)
SCITEX_UPLOADS_PER_HOUR: int = _env.int("SCITEX_UPLOADS_PER_HOUR", 30, validate=_positive)
SCITEX_API_RATE: environment.Rate = _env.rate("SCITEX_API_RATE", "300/60s") or environment.Rate(300, 60)
SCITEX_RECORD_TTL_DAYS: int = _env.int("SCITEX_RECORD_TTL_DAYS", 30, validate=_positive)
SCITEX_CITATION_TTL_DAYS: int = _env.int("SCITEX_CITATION_TTL_DAYS", 7, validate=_positive)
SCITEX_NOT_FOUND_TTL_DAYS: int = _env.int("SCITEX_NOT_FOUND_TTL_DAYS", 1, validate=_positive)

# What /readyz expects of the service around it: a clean-up that ran lately (0: none), and so many workers.
SCITEX_CLEANUP_EXPECTED_MINUTES: int = _env.int("SCITEX_CLEANUP_EXPECTED_MINUTES", 15, validate=validate.Range(min=0))
SCITEX_WORKERS_EXPECTED: int = _env.int("SCITEX_WORKERS_EXPECTED", 1, validate=validate.Range(min=0))
# Who is told when a systemd unit fails, besides the journal.
SCITEX_ALERT_EMAIL: str = _env.str("SCITEX_ALERT_EMAIL", "", validate=lambda s: not s or validate.Email()(s))
SCITEX_ALERT_COMMAND: str = _env.str("SCITEX_ALERT_COMMAND", "")

# The engine
SCITEX_TASK_ENGINE: str = _env.str("SCITEX_TASK_ENGINE", "embedded", validate=validate.OneOf(["embedded", "celery"]))
SCITEX_CELERY_BROKER_URL: str = _env.str("SCITEX_CELERY_BROKER_URL", "")
SCITEX_REDIS_URL: str = _env.str("SCITEX_REDIS_URL", "", validate=validate.Regexp(r"((rediss?|unix)://.+)?\Z"))
# What a child process does with a job: ``body(job_id, on_progress) -> Product``. Not from the environment.
JOB_BODY = "apps.scholar_app.supervision.body.enrich_job"

environment.seal(_env)
SCITEX_DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

if _database["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE: a transaction that reads and then writes takes the write lock at once, instead of failing with
    # "database is locked" when somebody wrote in between (with Django's default 3 in 10 did).
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
DATABASES = {"default": _database}

INSTALLED_APPS = [
    "apps.scholar_app",  # before the admin, whose templates it dresses
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
]
MIDDLEWARE = [
    "apps.scholar_app.proxies.ProxySchemeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "apps.scholar_app.api.errors.JsonAnswersMiddleware",
    # Before anything that reads the body, and the CSRF check does.
    "apps.scholar_app.uploads.BodyLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
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
            ],
        },
    },
]
ROOT_URLCONF = "scitex_cloud.urls"
WSGI_APPLICATION = "scitex_cloud.wsgi.application"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
# The one place where passwords are checked, the operators' sign-in too, with pauses after failures.
AUTHENTICATION_BACKENDS = ["apps.scholar_app.sign_in.ThrottledBackend"]
PASSWORD_RESET_TIMEOUT = 60 * 60
LOGIN_URL = "scholar:sign_in"
LOGIN_REDIRECT_URL = "scholar:bibtex_form"
LOGOUT_REDIRECT_URL = "scholar:bibtex_form"

EMAIL_BACKEND: str = _email["EMAIL_BACKEND"]
EMAIL_HOST: str = _email["EMAIL_HOST"] or "localhost"
EMAIL_PORT: int = _email["EMAIL_PORT"] or 25
EMAIL_HOST_USER: str = _email["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD: str = _email["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS: bool = _email["EMAIL_USE_TLS"]
EMAIL_USE_SSL: bool = _email["EMAIL_USE_SSL"]
EMAIL_TIMEOUT: int = _email["EMAIL_TIMEOUT"] or 20
DEFAULT_FROM_EMAIL: str = _email.get("DEFAULT_FROM_EMAIL") or SCITEX_CONTACT_EMAIL or "scholar@localhost"
SERVER_EMAIL = DEFAULT_FROM_EMAIL

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = SCITEX_DATA_DIR / "static"
STORAGES = {
    # Uploads, results and reports: private, never below a served folder; the download view is the only door.
    "default": _files
    or {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": str(SCITEX_DATA_DIR / "files"),
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}

# A file is read into memory whole: it is limited.
FILE_UPLOAD_HANDLERS = ["apps.scholar_app.uploads.NameKeepingUploadHandler"]
# A pasted bibliography may be as large as an uploaded one; the whole body is limited before that (uploads.FORM_ROOM).
DATA_UPLOAD_MAX_MEMORY_SIZE = SCITEX_MAX_UPLOAD_BYTES + 64 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 2

# A browser takes a cookie of such a name over HTTPS alone, and from this very host.
_cookies = "__Host-" if SCITEX_HTTPS else ""
SESSION_COOKIE_NAME = f"{_cookies}scitex_session"
CSRF_COOKIE_NAME = f"{_cookies}csrftoken"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SCITEX_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if SCITEX_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SCITEX_HTTPS
SECURE_SSL_REDIRECT = SCITEX_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]  # asked from behind the proxy, without TLS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
_self = ["'self'"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": _self,
        "style-src": _self,
        "img-src": [*_self, "data:"],
        "font-src": _self,
        "connect-src": _self,
        "form-action": _self,
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "scitex_cloud.logs.TextFormatter"},
        "json": {"()": "scitex_cloud.logs.JsonFormatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": SCITEX_LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # One warning per damaged block, with the user's raw text in it: a 1 MB upload made 15 MB of log.
        "bibtexparser": {"level": "CRITICAL"},
    },
}
