"""Where a change came from is told in words, in the reader's language."""

from __future__ import annotations

import pytest
from django.utils import translation

from jingwei.domains.schedule import causes
from jingwei.frame.models import History
from jingwei.frame.records import origins
from tests.hub.conftest import Joined, joined, scoped, tracker  # noqa: F401

chinese = {
    "job:hub.cycle": "后台作业", "scheduler:hub.health": "后台作业", "schedule": "日期计算", "demo": "演示数据", "web": "页面", "health": "接口监视", "command line": "命令行",
    "import": "导入", "api:夜间脚本": "程序“夜间脚本”", "system": "系统", "document": "文档", "restore": "恢复",
}  # fmt: skip


@pytest.mark.parametrize(("origin", "words"), chinese.items())
def test_no_origin_is_shown_as_programs_write_it(origin: str, words: str) -> None:
    with translation.override("zh-hans"):
        assert origins.told([origin]) == {origin: words}
    with translation.override("en"):
        told = origins.told([origin])[origin]
        assert told != origin or origin in ("web", "system", "demo") or ":" not in told


def test_what_nobody_declared_stays() -> None:
    assert origins.told(["chaos", ""]) == {"chaos": "chaos", "": ""}


@pytest.mark.django_db(transaction=True)
def test_an_interface_is_told_by_its_name_and_its_version(joined: Joined) -> None:  # noqa: F811
    line = History(origin="interface:tracker-tasks", reason="tracker-tasks v3")
    with translation.override("zh-hans"):
        assert origins.told(["interface:tracker-tasks", "interface:gone"]) == {"interface:tracker-tasks": "接口“事项同步”", "interface:gone": "接口"}
        assert origins.reason_of(line) == "接口 tracker-tasks 的第 3 版"
        assert origins.reason_of(History(origin="job:schedule.recalculate", reason="tracker-tasks v3")) == "接口 tracker-tasks 的第 3 版"
        assert origins.reason_of(History(origin="job:schedule.recalculate", reason="nobody v3")) == "nobody v3"
        assert origins.reason_of(History(origin="web", actor_id=1, reason="see note v3")) == "see note v3"


def test_a_cause_kept_in_one_language_is_told_in_the_other() -> None:
    for language in ("zh-hans", "en"):
        with translation.override(language):
            kept, plain = causes.cause(["MES 工单"], ""), causes.cause([], "")
        with translation.override("en"):
            assert (causes.told(kept), causes.told(plain)) == ("interface down: MES 工单", "the plan changed")
        with translation.override("zh-hans"):
            assert (causes.told(kept), causes.told(plain)) == ("接口中断：MES 工单", "计划变更")
            assert causes.told("供应商迟到") == "供应商迟到"
            assert origins.reason_of(History(origin="schedule", reason=kept)) == "接口中断：MES 工单"
