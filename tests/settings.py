"""The product's own settings with a home folder of their own."""

import os
from pathlib import Path

os.environ["JINGWEI_HOME"] = os.environ.get("JINGWEI_TEST_HOME", str(Path(__file__).resolve().parent.parent / "var" / "test"))
os.environ.setdefault("JINGWEI_LOG_LEVEL", "WARNING")
os.environ.setdefault("JINGWEI_REQUIRE_TOTP", "0")  # the tests of coming in switch it on

from jingwei.assembly.settings import *  # noqa: E402, F403

STORAGES = {  # type: ignore[assignment]
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
