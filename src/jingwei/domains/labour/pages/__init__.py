"""The pages of day labour and their addresses."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy

from jingwei.domains.labour.pages import drafts, sheets
from jingwei.frame.ui.menu import MenuItem, register

register(MenuItem("business", gettext_lazy("Sheets on the phone"), "/labour/phone/", "clipboard-list", "labour.sheet.view", 10))

urlpatterns = [
    path("phone/", sheets.desk, name="phone-sheets"),
    path("phone/new/", sheets.new, name="phone-sheet-new"),
    path("phone/save/", drafts.save, name="phone-sheet-save"),
    path("phone/<int:pk>/", sheets.sheet, name="phone-sheet"),
    path("phone/<int:pk>/decide/", sheets.decide, name="phone-sheet-decide"),
    path("phone/<int:pk>/photo/", sheets.photo, name="phone-sheet-photo"),
]
