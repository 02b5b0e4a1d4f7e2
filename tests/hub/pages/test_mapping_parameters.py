"""What is typed into a step is kept in the draft and shown with its error; it is never published, and what was published before stops no page."""

from __future__ import annotations

import copy
import json

import pytest
from django.core.exceptions import ValidationError

from jingwei.hub.models import InterfaceVersion, Link, MappingDraft
from jingwei.hub.register import files, services
from jingwei.hub.register.versions import fingerprint
from jingwei.hub.sync.compare import compare, verify
from tests.hub.conftest import Joined
from tests.hub.deeds import fresh, issue
from tests.hub.pages.test_interfaces import form_of
from tests.hub.pages.test_mapping_draft import keep, page, seen_on, text_of
from tests.hub.people import browser, owner

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("typed", ["2.5", "x", "60 characters", "-1"])
def test_a_parameter_that_is_none_is_kept_as_typed_and_shown_with_its_error(joined: Joined, typed: str) -> None:
    issue(joined)
    who = owner(joined)
    for language, says in (("en", "“Length” must be a whole number from 0 to 200000"), ("zh-hans", "“长度”应是 0 到 200000 之间的整数")):
        client = browser(who, language)
        form = form_of(joined) | {"direction-0": "a_to_b", "op-0-0": "truncate", "p-0-0-length": typed}
        assert keep(client, seen_on(client), form)[0] == 200
        text = text_of(client)
        assert says in text and f'value="{typed}"' in text and 'is-invalid" aria-invalid="true" aria-describedby="e-steps-0" name="p-0-0-length"' in text
        assert says in client.post(f"{page}preview/", form).content.decode()
        refused = client.post(f"{page}draft/check/", form | {"seen": seen_on(client)})
        assert refused.status_code == 422 and says in refused.content.decode()
        assert client.get(f"{page}draft/review/").status_code == 200
        refused = client.post(f"{page}publish/", form | {"seen": seen_on(client)})
        assert refused.status_code == 422 and says in refused.content.decode() and fresh(joined).published.number == 1
        MappingDraft.objects.all().delete()


@pytest.mark.parametrize(
    "further", ['{"rules": 5}', '{"rules": [{"rule": "max_length", "value": "x"}]}', '{"rules": [{"rule": "one_of", "value": 5}]}', '{"joiner": 5}']
)
def test_a_hidden_part_of_the_wrong_shape_is_told_and_shuts_no_page(joined: Joined, further: str) -> None:
    issue(joined)
    client = browser(owner(joined))
    form = form_of(joined) | {"further-0": further}
    assert keep(client, seen_on(client), form)[0] == 200
    assert text_of(client) and client.get(f"{page}draft/review/").status_code == 200
    assert client.post(f"{page}publish/", form | {"seen": seen_on(client)}).status_code == 422 and fresh(joined).published.number == 1


@pytest.mark.parametrize("further", ['{"rules": [{"rule": "min", "value": NaN}]}', '{"joiner": "\\u0000"}', '{"joiner": "\\ud800"}', "[" * 5000])
def test_what_no_draft_can_hold_is_refused_in_words(joined: Joined, further: str) -> None:
    client = browser(owner(joined))
    seen = seen_on(client)
    for path in ("draft/", "preview/", "draft/check/", "publish/"):
        answer = client.post(page + path, form_of(joined) | {"further-0": further, "seen": seen})
        assert answer.status_code < 500, (path, answer.content[:300])
    assert text_of(client)


def test_a_file_with_such_a_parameter_is_refused(joined: Joined) -> None:
    wanted = files.read(files.export(fresh(joined)))
    wanted["mapping"]["pairs"][0] |= {"direction": "a_to_b", "steps": [{"op": "truncate", "length": 2.5}]}
    with pytest.raises(ValidationError) as problem:
        files.apply(wanted)
    assert "长度" in str(problem.value) or "Length" in str(problem.value)
    assert fresh(joined).published.number == 1


def test_a_version_of_before_parks_its_records_and_shuts_no_page(joined: Joined) -> None:
    """Given a version that was published when parameters were not read, when a record arrives, then it is parked with the reason and every page opens."""
    interface = fresh(joined)
    spec = copy.deepcopy(interface.published.spec)
    spec["mapping"]["pairs"][0] |= {"direction": "a_to_b", "steps": [{"op": "truncate", "length": "2.5"}]}
    interface.published = InterfaceVersion.objects.create(
        interface=interface, tenant_id=interface.tenant_id, number=2, spec=spec, fingerprint=fingerprint(spec)
    )
    interface.save(update_fields=["published"])
    issue(joined)
    joined.sync()
    client = browser(owner(joined))
    for path in ("", "mapping/", "verify/", "versions/"):
        assert client.get(page.removesuffix("mapping/") + path).status_code == 200, path
    assert client.get("/api/v1/hub/interfaces/tracker-tasks/verify").status_code == 200
    assert "“Length” must be" in text_of(client)
    with pytest.raises(ValidationError):
        services.version_publish(interface=fresh(joined), spec=spec | {"x": 1})


def test_one_record_that_cannot_be_mapped_stops_no_comparison(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given two linked records, when the mapping of one fails as nobody foresaw, then the other is still compared."""
    from jingwei.kernels.mapping import Mapping

    for subject in ("first", "second"):
        issue(joined, subject=subject)
    joined.sync()
    assert Link.objects.count() == 2
    sound = Mapping.forward

    def forward(self: Mapping, values: dict[str, object], lookups: object = None) -> object:
        if values.get("subject") == "first":
            raise RuntimeError("boom")
        return sound(self, values, lookups)  # type: ignore[arg-type]

    monkeypatch.setattr(Mapping, "forward", forward)
    found = verify(fresh(joined))
    assert found["links"] == 2 and found["agree"] == 1 and json.dumps(found)
    assert compare(fresh(joined)).agree == 1
