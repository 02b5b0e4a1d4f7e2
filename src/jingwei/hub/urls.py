"""Addresses of the hub's pages."""

from django.urls import path

from jingwei.hub import rest
from jingwei.hub.pages import deciding, interfaces, mapping, mapping_draft, menu, systems, versions  # noqa: F401  (menu registers itself)

app_name = "hub"
urlpatterns = [
    path("", systems.topology, name="topology"),
    path("topology.json", systems.topology_json, name="topology-json"),
    path("wizard/", systems.wizard, name="wizard"),
    path("monitor/", interfaces.monitor, name="monitor"),
    path("monitor/settle/", deciding.settle, name="settle"),
    path("conflicts/", deciding.conflicts, name="conflicts"),
    path("conflicts/resolve/", deciding.resolve, name="resolve"),
    path("parked/", deciding.parked_list, name="parked-list"),
    path("parked/<int:number>/", deciding.parked, name="parked"),
    path("parked/<int:number>/mend/", deciding.mend, name="mend"),
    path("trace/", interfaces.trace, name="trace"),
    path("systems/<str:key>/", systems.system_detail, name="system"),
    path("systems/<str:key>/use/", systems.use, name="system-use"),
    path("systems/<str:key>/connection/", systems.connection_edit, name="connection"),
    path("interfaces/<str:key>/", interfaces.detail, name="interface"),
    path("interfaces/<str:key>/mapping/", mapping.edit, name="mapping"),
    path("interfaces/<str:key>/mapping/preview/", mapping.preview, name="mapping-preview"),
    path("interfaces/<str:key>/mapping/publish/", mapping.publish, name="mapping-publish"),
    path("interfaces/<str:key>/mapping/draft/", mapping_draft.keep, name="mapping-draft"),
    path("interfaces/<str:key>/mapping/draft/discard/", mapping_draft.discard, name="mapping-discard"),
    path("interfaces/<str:key>/mapping/draft/check/", mapping_draft.check, name="mapping-check"),
    path("interfaces/<str:key>/mapping/draft/review/", mapping_draft.review, name="mapping-review"),
    path("interfaces/<str:key>/mapping/draft/rehearse/", mapping_draft.rehearse, name="mapping-rehearse"),
    path("interfaces/<str:key>/mapping/draft/publish/", mapping_draft.publish, name="mapping-publish-draft"),
    path("interfaces/<str:key>/switch/", interfaces.switch, name="switch"),
    path("interfaces/<str:key>/release/", interfaces.release, name="release"),
    path("interfaces/<str:key>/grant/", interfaces.grant, name="grant"),
    path("interfaces/<str:key>/deletes/", deciding.deletes, name="deletes"),
    path("interfaces/<str:key>/versions/", versions.versions, name="versions"),
    path("interfaces/<str:key>/versions/switch/", versions.switch, name="version-switch"),
    path("interfaces/<str:key>/run/", interfaces.run_now, name="run"),
    path("interfaces/<str:key>/dry-run/", interfaces.dry_run, name="dry-run"),
    path("interfaces/<str:key>/verify/", interfaces.verify, name="verify"),
    path("interfaces/<str:key>/export/", interfaces.export, name="export"),
]

rest.mount()
