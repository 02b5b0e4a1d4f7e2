"""The domains of this house, from the ground up: the one line outside its own folder that a new domain is named in.

What else there is to know of a domain follows from its folder: its name is the label of its tables, resources and texts; resources, reports, reactions, errands, duties,
terms of keeping, watches, widgets and documents are loaded by the names of their files; `pages.py` is found under the folder's name, or under the `address` it says;
what it may import follows from its place here.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

names = ("directory", "worktime", "decision", "work", "labour", "schedule", "cost", "risk", "change")
applications = tuple(f"jingwei.domains.{name}" for name in names)


def addresses() -> list[Any]:
    """The addresses of every domain's own pages."""
    from django.urls import include, path

    found = [(name, import_module(f"jingwei.domains.{name}.pages")) for name in names if find_spec(f"jingwei.domains.{name}.pages") is not None]
    return [path(getattr(pages, "address", f"{name}/"), include(pages)) for name, pages in found]
