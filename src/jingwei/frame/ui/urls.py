"""Addresses of the pages made from declarations, and of coming in."""

from django.urls import path

from jingwei.frame.ui import access_log, entry, events, exchange, growth, longwork, password_rules, people, records, search, switching, tokens, views

urlpatterns = [
    path("events/", events.stream, name="events"),
    path("language/", entry.language, name="language"),
    path("setup/<str:token>/", entry.setup, name="setup"),
    path("settings/members/", people.members, name="members"),
    path("settings/members/<int:pk>/link/", people.link, name="member-link"),
    path("settings/members/<int:pk>/drop/", people.drop, name="member-drop"),
    path("settings/passwords/", password_rules.page, name="password-rules"),
    path("settings/access/", access_log.page, name="access-log"),
    path("settings/tokens/", tokens.page, name="tokens"),
    path("settings/tokens/<int:pk>/drop/", tokens.drop, name="token-drop"),
    path("settings/growth/", growth.page, name="growth"),
    path("search/", search.search, name="search"),
    path("notices/", search.notices, name="notices"),
    path("notices/read/", search.read_notices, name="notices-read"),
    path("running/", longwork.listing, name="running"),
    path("running/<int:pk>/", longwork.state, name="running-state"),
    path("running/<int:pk>/cancel/", longwork.cancel, name="running-cancel"),
    path("organisation/", switching.choose, name="choose-organisation"),
    path("project/", search.choose_project, name="choose-project"),
    path("undo/", records.take_back, name="undo"),
    path("pick/<str:key>/", records.pick, name="pick"),
    path("w/<str:key>/", records.listing, name="records"),
    path("w/<str:key>/new/", records.edit, name="record-new"),
    path("w/<str:key>/bulk/", records.bulk, name="records-bulk"),
    path("w/<str:key>/export.<str:kind>", exchange.export, name="export"),
    path("w/<str:key>/import/", exchange.load, name="import"),
    path("w/<str:key>/template.xlsx", exchange.template, name="import-template"),
    path("w/<str:key>/views/", views.save, name="view-save"),
    path("w/<str:key>/views/<int:pk>/drop/", views.drop, name="view-drop"),
    path("w/<str:key>/<int:pk>/", records.detail, name="record"),
    path("w/<str:key>/<int:pk>/edit/", records.edit, name="record-edit"),
    path("w/<str:key>/<int:pk>/delete/", records.remove, name="record-delete"),
    path("w/<str:key>/<int:pk>/do/<str:verb>/", records.act, name="record-act"),
    path("w/<str:key>/<int:pk>/cell/<str:name>/", records.cell, name="record-cell"),
    path("w/<str:key>/<int:pk>/shown/<str:name>/", records.show_cell, name="record-shown"),
]
