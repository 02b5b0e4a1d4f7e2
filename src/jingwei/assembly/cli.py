"""The `jingwei` command."""

import os
import sys


def main() -> None:
    """Entry point."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jingwei.assembly.settings")
    if sys.argv[1:2] == ["django"]:
        from django.core.management import execute_from_command_line

        if sys.argv[2:3] in (["migrate"], ["makemigrations"], ["sqlmigrate"]):
            from jingwei.frame.postgres import base

            base.be_owner()
        execute_from_command_line([sys.argv[0], *sys.argv[2:]])
