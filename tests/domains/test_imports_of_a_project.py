"""Whoever brings a sheet from the list of a project brings it into that project."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from jingwei.frame.models import ImportFile
from tests.domains.conftest import Firm

pytestmark = pytest.mark.django_db


def test_the_project_of_the_list_goes_along(firm: Firm) -> None:
    client = firm.client("manager")
    listed = client.get(f"/w/work.task/?project={firm.second.pk}").content.decode()
    address = f"/w/work.task/import/?project={firm.second.pk}"
    assert f'href="{address}"' in listed
    answer = client.post(address, {"file": SimpleUploadedFile("计划.csv", "名称\n联调\n".encode())}, follow=True)
    assert answer.status_code == 200
    kept = ImportFile.objects.get()
    page = client.get(f"/w/work.task/import/{kept.pk}/columns/").content.decode()
    chosen = page.split('name="fixed-project"')[1].split("</select>")[0]
    assert 'value="P2" selected' in chosen
    assert f"?project={firm.second.pk}" in page.split("<main")[0], "the workspace of the project stays open"


def test_a_project_one_may_not_see_is_not_named(firm: Firm) -> None:
    client = firm.client("crew")
    role = firm.users["crew"].memberships.get().role
    role.grants, role.is_standard = ["work.task.*", "frame.project.view"], False
    role.save()
    client.post(f"/w/work.task/import/?project={firm.second.pk}", {"file": SimpleUploadedFile("计划.csv", "名称\n联调\n".encode())})
    assert "project" not in ImportFile.objects.get().chosen
