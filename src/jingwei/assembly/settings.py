"""Django settings. Everything a person may change comes from the environment; the defaults are safe."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

from csp.constants import NONE, SELF

from jingwei.assembly import domains
from jingwei.frame import environment, filing
from jingwei.frame.postgres.address import home
from jingwei.frame.telling import mail

base_folder = Path(__file__).resolve().parent.parent


def _secret_key() -> str:
    """SECRET_KEY from the environment, or one made on first start and kept beside the data, readable by its owner only.

    It signs sessions and links that have not been used yet: one that is of no use is made anew, and nothing else is lost.
    """
    if given := os.environ.get("JINGWEI_SECRET_KEY", "").strip():
        return given
    path = home() / "secret_key"
    was_spoilt = path.exists() and not _is_key(filing.read(path))
    kept = filing.keep(path, _is_key, lambda: secrets.token_urlsafe(50))
    if was_spoilt:
        print(f"! {path} 是空的或已损坏，已重新生成；所有人需重新登录  it was empty or damaged and was made anew; everybody logs in again", file=sys.stderr)
    return kept


def _is_key(text: str) -> bool:
    """Whether it is long enough to sign with: a file that was cut off in its middle holds less than was once made."""
    return len(text) >= 32


environment.check()  # before anything is made
SECRET_KEY = _secret_key()
DEBUG = environment.flag("JINGWEI_DEBUG")
ALLOWED_HOSTS: list[str] = environment.value("JINGWEI_HOSTS")
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if host not in ("localhost", "127.0.0.1", "[::1]", "*")]

_is_web = os.environ.get("JINGWEI_PROCESS") == "web"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "procrastinate.contrib.django",
    "jingwei.frame.apps.FrameConfig",
    "jingwei.hub.apps.HubConfig",
    *domains.applications,
    "jingwei.boards.apps.BoardsConfig",
    "jingwei.assembly.apps.AssemblyConfig",
]
MIDDLEWARE = [
    "servestatic.middleware.ServeStaticMiddleware",
    "jingwei.frame.ui.middleware.RequestLog",
    "jingwei.frame.ui.limits.Unstored",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "jingwei.frame.ui.middleware.Language",
    "jingwei.frame.ui.middleware.LoginRequired",
    "allauth.account.middleware.AccountMiddleware",
    "jingwei.frame.ui.seen.SeenSessions",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "jingwei.frame.ui.middleware.Readable",
    "jingwei.frame.ui.middleware.RoomToWrite",
    "jingwei.frame.ui.middleware.ScopeOfRequest",
    "jingwei.frame.ui.limits.SessionLimits",
]
ROOT_URLCONF = "jingwei.assembly.urls"
ASGI_APPLICATION = "jingwei.assembly.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [base_folder / "frame" / "templates"],  # before allauth's own pages
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "jingwei.frame.ui.context.page",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

connection_age_seconds = 600
_pool = {"min_size": 2, "max_size": 12, "timeout": 10, "reconnect_timeout": 2, "max_lifetime": connection_age_seconds}
DATABASES = {
    "default": {
        "ENGINE": "jingwei.frame.postgres",
        "NAME": "",
        # the web server answers each request in another thread, so it needs a pool; other processes keep their connections. None is kept for ever:
        # the server's end of each remembers every table and statement it has seen, and gives that back only when it ends
        "CONN_MAX_AGE": 0 if _is_web else connection_age_seconds,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"application_name": "jingwei", **({"pool": _pool} if _is_web else {})},
        "TEST": {"NAME": f"jingwei_test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "frame.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": name if "." in name else f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("jingwei.frame.rights.passwords.LongEnough", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
AUTH_PASSWORD_VALIDATORS.append({"NAME": "jingwei.frame.rights.passwords.OfTheOrganisation", "OPTIONS": {}})
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "jingwei.frame.ui.account.Adapter"
ACCOUNT_FORMS = {
    "change_password": "jingwei.frame.ui.account.CountedPasswordChange",
    "reset_password_from_key": "jingwei.frame.ui.account.ChosenAnew",
}
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": False}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Jingwei"
USERSESSIONS_TRACK_ACTIVITY = True
MFA_ADAPTER = "jingwei.frame.ui.account.SealedSecondSteps"
MFA_FORMS = {
    "authenticate": "jingwei.frame.ui.second_step.AuthenticateForm",
    "reauthenticate": "jingwei.frame.ui.second_step.ReauthenticateForm",
    "activate_totp": "jingwei.frame.ui.second_step.ActivateForm",
}
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off; a code still works once
MFA_RECOVERY_CODES_SHOW_ONCE = True
# administrators add a second step before anything else; off only for trying out
REQUIRE_TOTP = environment.flag("JINGWEI_REQUIRE_TOTP")
globals().update(mail.settings_of(environment.value("JINGWEI_MAIL_URL")))

CSRF_FAILURE_VIEW = "jingwei.frame.ui.errors.forged"
SESSION_ENGINE = "jingwei.frame.rights.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600  # how long it lasts is decided in frame/ui/limits.py
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = environment.flag("JINGWEI_HTTPS")
if SESSION_COOKIE_SECURE:  # bound to this very host and to https by their names
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SECURE_HSTS_SECONDS = 31536000 if SESSION_COOKIE_SECURE else 0
if SESSION_COOKIE_SECURE:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 60 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
USE_I18N = USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
STATIC_URL = "/static/"
STATIC_ROOT = home() / "static"
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "servestatic.storage.CompressedStaticFilesStorage"},
}
MEDIA_ROOT = home() / "media"
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700  # other accounts of this machine see no photographs
MEDIA_URL = "/media/"

from jingwei.frame.walls import logs  # noqa: E402  (needs nothing of the above, but must come last)

LOGGING_CONFIG = None
logs.configure(level=environment.value("JINGWEI_LOG_LEVEL"), pretty=environment.value("JINGWEI_LOG_FORMAT") == "text")
