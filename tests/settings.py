"""The product's own settings with a home folder of their own."""

import os
from pathlib import Path

import django.middleware.csrf

_home = os.environ.get("JINGWEI_TEST_HOME", str(Path(__file__).resolve().parent.parent / "var" / "test"))
# tests run side by side never share a database server: one of them may restart it
os.environ["JINGWEI_HOME"] = "-".join(filter(None, (_home, os.environ.get("PYTEST_XDIST_WORKER"))))
os.environ.setdefault("JINGWEI_LOG_LEVEL", "WARNING")
os.environ.setdefault("JINGWEI_REQUIRE_TOTP", "0")  # the tests of coming in switch it on

from jingwei.assembly.settings import *  # noqa: E402, F403

STORAGES = {  # type: ignore[assignment]
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

PASSWORD_HASHERS = ["tests.hashing.QuickArgon2", *PASSWORD_HASHERS[1:]]  # noqa: F405

# each client of the tests would look through all static files anew; what runs as an installation serves them
SERVESTATIC_USE_FINDERS = SERVESTATIC_USE_STATIC_ROOT = False
# with nothing to serve it would still carry every request of a client, who knows no loop, to a loop and a thread of its own and back: a fifth of its time
MIDDLEWARE = [each for each in MIDDLEWARE if each != "servestatic.middleware.ServeStaticMiddleware"]  # noqa: F405

# What is drawn by lot in a page has letters that no test looks for: "P2 stands nowhere in it" would fail one time in sixty.
django.middleware.csrf.CSRF_ALLOWED_CHARS = "jqxzJQXZ"
