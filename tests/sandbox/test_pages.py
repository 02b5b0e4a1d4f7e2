"""The pages: both languages, strict policy, forms that keep the rules, and nothing from other sites."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.sandbox.program import Program, running

lists = {"tracker": ("issues",), "erp": ("cost_vouchers", "purchase_orders"), "mes": ("work_orders", "operations", "downtime_events")}


@pytest.fixture(scope="module", params=sorted(lists))
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with running(request.param, tmp_path_factory.mktemp(request.param) / "it.db") as it:
        yield it


def test_every_page_in_both_languages_under_a_strict_policy(program: Program) -> None:
    pages = [f"/{name}" for name in lists[program.name]] + [f"/{name}/1" for name in lists[program.name]]
    pages += [f"/{name}/new" for name in lists[program.name]] + ["/faults"] + (["/webhooks"] if program.name != "erp" else [])
    for path in pages:
        chinese = program.call("GET", path, headers={"accept": "text/html", "accept-language": "zh-CN,en;q=0.5"})
        english = program.call("GET", path + "?lang=en", headers={"accept": "text/html", "accept-language": "zh-CN"})
        assert (chinese.status, english.status) == (200, 200), path
        assert '<html lang="zh-CN">' in chinese.text and '<html lang="en">' in english.text
        for page in (chinese, english):
            assert "default-src 'none'" in page.headers["content-security-policy"]
            assert not re.search(r"<script|<style|\sstyle=|\son\w+=|http-equiv", page.text)
        for label in re.findall(r"<label[^>]*>([^<]*)<", english.text):
            assert not re.search(r"[一-鿿]", label), (path, label)


def test_saving_an_untouched_form_changes_nothing(program: Program) -> None:
    for name in lists[program.name]:
        page = program.call("GET", f"/{name}/3", headers={"accept": "text/html"}).text
        form = page.split('class="card"')[1].split("</form>")[0]
        fields = {n: v for v, n in re.findall(r'<input type="\w[\w-]*" value="([^"]*)"[^>]* name="(\w+)"', form)}
        fields |= dict(re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>([^<]*)<', form))
        for select, options in re.findall(r'<select[^>]* name="(\w+)"[^>]*>(.*?)</select>', form):
            fields[select] = "".join(re.findall(r'<option value="([^"]*)" selected', options))
        assert len(fields) >= 5
        version = re.findall(r'name="version" value="(\d+)"', form)[0]
        answer = program.form(f"/{name}/3", fields | {"version": version})
        assert answer.status == 303, answer.text
        again = program.call("GET", f"/{name}/3", headers={"accept": "text/html"}).text
        assert f'name="version" value="{version}"' in again


def test_a_form_from_another_site_is_refused(program: Program) -> None:
    name = lists[program.name][0]
    for headers in ({"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
        assert program.form(f"/{name}/1/delete", {}, headers).status == 403
        assert program.call("POST", "/faults", {"outage": True}, headers).status == 403
    assert program.form("/faults", {"latency_ms": "0"}, {"origin": program.url, "sec-fetch-site": "same-origin"}).status == 303


def test_the_faults_form_switches_all_of_them(program: Program) -> None:
    try:
        assert program.form("/faults", {"outage": "on", "error_rate": "0.25"}).status == 303
        now = program.call("GET", "/faults").json()
        assert (now["outage"], now["error_rate"]) == (True, 0.25)
        assert program.form("/faults", {"error_rate": "7"}).status == 422
    finally:
        program.form("/faults", {})
    assert program.call("GET", "/faults").json()["outage"] is False


def test_there_is_no_way_out_of_the_static_folder(program: Program) -> None:
    assert program.call("GET", "/static/sandbox.css").headers["content-type"].startswith("text/css")
    for path in ("/static/..%2fstore.py", "/static/%2e%2e/store.py", "/nowhere", "/issues/99999999", "/issues/%00"):
        assert program.call("GET", path).status == 404


def test_texts_are_escaped_and_a_stale_form_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running("tracker", tmp_path_factory.mktemp("escape") / "it.db", seed=False) as tracker:
        given = {"project": "MES-ROLL", "subject": "<b>&\"'加粗"}
        tracker.call("POST", "/api/issues", given)
        for path in ("/issues", "/issues/1", "/issues?q=%3Cb%3E"):
            text = tracker.call("GET", path).text
            assert "<b>" not in text and "&lt;b&gt;&amp;" in text
        tracker.call("PUT", "/api/issues/1", {"done_ratio": 30})
        stale = tracker.form("/issues/1", given | {"version": "1", "done_ratio": "0"})
        assert stale.status == 409
        assert tracker.call("GET", "/api/issues/1").json()["issue"]["done_ratio"] == 30
        wrong = tracker.form("/issues/1", given | {"version": "2", "status": "open", "priority": "normal", "done_ratio": "200"})
        assert wrong.status == 422 and 'aria-invalid="true"' in wrong.text
