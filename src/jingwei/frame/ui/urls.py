"""Addresses of the pages made from declarations, and of coming in."""

from django.urls import path

from jingwei.frame.ui import entry, events

urlpatterns = [
    path("events/", events.stream, name="events"),
    path("language/", entry.language, name="language"),
    path("setup/<str:token>/", entry.setup, name="setup"),
]
