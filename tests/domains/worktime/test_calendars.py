"""Calendars: who may change them, what they refuse and how they say it, and that plans follow."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from jingwei.domains.directory.models import Person
from jingwei.domains.worktime import queries, services
from jingwei.domains.worktime.models import Calendar, CalendarException
from jingwei.domains.worktime.pages import hours_given, hours_text
from jingwei.frame.models import Demand
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import system_access
from tests.domains.conftest import Firm, refuses, staff

office = [[540, 720], [780, 1080]]


@pytest.fixture
def company(firm: Firm) -> Calendar:
    return services.calendar_save(name="公司")


@pytest.mark.parametrize("name", ["viewer", "crew", "engineer", "finance"])
def test_who_may_not_change_calendars_is_refused_and_the_stranger_sees_none(firm: Firm, company: Calendar, name: str) -> None:
    values = {"calendar": company.pk, "on_date": "2026-12-30", "shifts": []}
    with firm.acting(name), pytest.raises(PermissionDenied):
        commands.create(resource("worktime.calendarexception"), values, firm.rights(name))
    with firm.acting("stranger"):
        assert not Calendar.objects.exists()
    assert "公司" not in firm.client("stranger").get(f"/worktime/?calendar={company.pk}").content.decode()
    assert firm.client("crew").get("/worktime/").status_code == 403
    assert firm.client(name).post("/worktime/keep/", values | {"shifts": ""}).status_code == 403
    assert not CalendarException.objects.exists()


def test_a_day_of_a_project_that_one_only_works_in_is_not_opened(firm: Firm) -> None:
    """Given somebody who manages P1 and is of the crew of P2, when he asks for a day of P2's calendar by its number, then he reads no note of it."""
    staff(firm, "mixed", "manager", project=firm.project)
    staff(firm, "mixed", "crew", project=firm.second)
    notes = {}
    for project in (firm.project, firm.second):
        calendar = services.calendar_save(name=project.code, layer="project", project=project)
        notes[project.code] = services.exception_save(calendar=calendar, on_date=date(2026, 12, 30), shifts=[], note=f"note of {project.code}")
    for code, is_shown in (("P1", True), ("P2", False)):
        page = firm.client("mixed").get(f"/worktime/?day=2026-12-30&exception={notes[code].pk}").text
        assert (f"note of {code}" in page) is is_shown, code


@pytest.mark.parametrize(
    ("week", "text"),
    [
        ({"0": [], "1": []}, "no working time"),
        ({"0": [[720, 540]]}, "ends before it starts"),
        ({"0": [[540, 1500]]}, "leaves the day"),
        ({"0": [[540, 720], [700, 800]]}, "overlaps"),
        ({"9": [[540, 720]]}, "0 (Monday)"),
        ({"0": [[540]]}, "pairs"),
        ([1], "0 (Monday)"),
    ],
)
def test_a_week_that_cannot_be_worked_is_refused(firm: Firm, week: Any, text: str, en: None) -> None:
    with refuses("week", text):
        services.calendar_save(name="x", week=week)


def test_a_calendar_belongs_to_what_its_layer_says(firm: Firm, en: None) -> None:
    person = Person.objects.get()
    with refuses("project", "names its project"):
        services.calendar_save(name="a", layer="project")
    with refuses("person", "names the person"):
        services.calendar_save(name="b", layer="person")
    with refuses("project", "Leave it empty"):
        services.calendar_save(name="c", project=firm.project)
    with refuses("person", "Leave it empty"):
        services.calendar_save(name="d", layer="project", project=firm.project, person=person)


def test_exceptions_of_a_calendar_do_not_meet_and_end_after_they_start(firm: Firm, company: Calendar, en: None) -> None:
    services.exception_save(calendar=company, on_date=date(2026, 8, 3), until=date(2026, 8, 7), note="高温")
    with refuses("on_date", "2026-08-03 – 2026-08-07 (高温)"):
        services.exception_save(calendar=company, on_date=date(2026, 8, 7))
    with refuses("on_date", "meet"):
        services.exception_save(calendar=company, on_date=date(2026, 8, 1), until=date(2026, 8, 31))
    with refuses("until", "before the first"):
        services.exception_save(calendar=company, on_date=date(2026, 9, 7), until=date(2026, 9, 1))
    with refuses("until", "year"):
        services.exception_save(calendar=company, on_date=date(2026, 9, 7), until=date(2028, 9, 1))
    with refuses("shifts", "overlaps"):
        services.exception_save(calendar=company, on_date=date(2026, 9, 7), shifts=[[540, 720], [600, 660]])
    services.exception_save(calendar=company, on_date=date(2026, 8, 8))


def test_layers_lie_over_each_other_and_a_span_counts_on_every_day(firm: Firm, company: Calendar) -> None:
    services.exception_save(calendar=company, on_date=date(2026, 8, 3), until=date(2026, 8, 7))
    own = services.calendar_save(name="现场", layer="project", project=firm.project)
    services.exception_save(calendar=own, on_date=date(2026, 8, 8), shifts=office)
    services.exception_save(calendar=own, on_date=date(2026, 8, 5), shifts=office)
    laid = queries.calendar_of(firm.project)
    assert [bool(laid.shifts_on(date(2026, 8, day))) for day in range(3, 10)] == [False, False, True, False, False, True, False]
    assert not queries.calendar_of(firm.second).shifts_on(date(2026, 8, 8))


def test_a_year_counts_its_days_and_says_when_it_is_provisional(firm: Firm, company: Calendar) -> None:
    services.exception_save(calendar=company, on_date=date(2026, 12, 31), note="盘点")
    known = list(queries.calendars())
    year = queries.year_of(company, known, 2026)
    assert not year.is_provisional and year.counts["holiday"] == 33 and year.counts["makeup"] == 6 and year.counts["off"] == 1
    assert sum(year.working_days) == year.counts["work"] + year.counts["makeup"] == 247
    assert queries.year_of(company, known, 2027).is_provisional
    plain = services.calendar_save(name="不休", layer="project", project=firm.project, follows_holidays=False)
    assert not queries.year_of(plain, list(queries.calendars()), 2027).is_provisional


def test_a_change_demands_new_dates_of_the_projects_it_holds_for(firm: Firm) -> None:
    def demanded() -> set[str]:
        keys = set(Demand.objects.filter(job="schedule.recalculate").values_list("key", flat=True))
        Demand.objects.all().delete()
        connection.run_on_commit.clear()  # as after a commit
        return keys

    demanded()
    company = services.calendar_save(name="公司")
    assert demanded() == {str(firm.project.pk), str(firm.second.pk)}
    own = services.calendar_save(name="现场", layer="project", project=firm.project)
    assert demanded() == {str(firm.project.pk)}
    exception = services.exception_save(calendar=own, on_date=date(2026, 8, 8))
    services.exception_remove(instance=exception)
    assert demanded() == {str(firm.project.pk)}
    services.calendar_remove(instance=company)
    assert len(demanded()) == 2


def test_the_page_writes_changes_and_removes_and_says_what_is_wrong(firm: Firm, company: Calendar, django_assert_max_num_queries: Any) -> None:
    client = firm.client("owner")
    with django_assert_max_num_queries(30):
        page = client.get("/worktime/?year=2027").content.decode()
    assert 'id="provisional"' in page
    given = {"calendar": company.pk, "on_date": "2026-12-28", "until": "2026-12-31", "works": "", "shifts": "", "note": "停产", "pk": ""}
    assert client.post("/worktime/keep/", given).status_code == 302
    kept = CalendarException.objects.get()
    assert (kept.on_date, kept.until, kept.shifts) == (date(2026, 12, 28), date(2026, 12, 31), [])
    refused = client.post("/worktime/keep/", given | {"on_date": "2026-12-31", "until": ""})
    assert refused.status_code == 422 and "停产" in refused.content.decode()
    refused = client.post("/worktime/keep/", given | {"on_date": "2026-12-01", "until": "", "works": "1", "shifts": "9 to 5"})
    assert refused.status_code == 422 and 'id="x-shifts"' in refused.content.decode()
    assert client.post("/worktime/keep/", given | {"pk": kept.pk, "works": "1", "shifts": "09:00-12:00"}).status_code == 302
    kept.refresh_from_db()
    assert kept.shifts == [[540, 720]]
    assert client.post("/worktime/keep/", {"calendar": company.pk, "pk": kept.pk, "on_date": "2026-12-28", "verb": "remove"}).status_code == 302
    assert not CalendarException.objects.exists()
    assert client.post("/worktime/keep/", given | {"pk": "999999"}).status_code == 404


def test_hours_are_read_as_people_write_them(en: None) -> None:
    assert hours_given("09:00-12:00, 13:00-18:00") == hours_given("9\uff1a00至12\uff1a00\uff0c13:00~18:00") == office
    assert hours_text(office) == "09:00-12:00, 13:00-18:00"
    with refuses("shifts", "not understood"):
        hours_given("nine to five")


def test_a_second_calendar_of_a_project_is_refused_at_the_project_and_of_a_person_at_the_person(firm: Firm, en: None) -> None:
    person = Person.objects.get(number="E-1")
    of = {"project": {"layer": "project", "project": firm.project.pk, "person": None}, "person": {"layer": "person", "project": None, "person": person.pk}}
    for field, values in of.items():
        commands.create(resource("worktime.calendar"), values | {"name": f"{field} one"}, system_access(firm.tenant.pk))
        with refuses(field, "already"):
            commands.create(resource("worktime.calendar"), values | {"name": f"{field} two"}, system_access(firm.tenant.pk))
