"""The demo's teams and people; staff numbers are the log-ins that the tracker knows."""

from __future__ import annotations

from datetime import date

from jingwei.domains.directory.models import Person, Team
from jingwei.domains.worktime.models import Calendar, CalendarException

teams = (
    ("INT", "集成一组", Team.Kind.INTERNAL),
    ("IT", "信息中心", Team.Kind.CUSTOMER),
    ("DX", "鼎新安装队", Team.Kind.SUBCONTRACTOR),
    ("HT", "恒通布线队", Team.Kind.SUBCONTRACTOR),
)
people = (
    ("wang.lei", "王磊", "INT", "项目经理"),
    ("zhang.wei", "张伟", "INT", "集成工程师"),
    ("chen.jing", "陈静", "INT", "集成工程师"),
    ("sun.hao", "孙浩", "INT", "数采工程师"),
    ("wu.gang", "吴刚", "DX", "安装班长"),
    ("li.na", "李娜", "IT", "ERP 顾问"),
    ("zhao.min", "赵敏", "IT", "财务主管"),
    ("xu.lin", "徐琳", "IT", "采购主管"),
    ("liu.yang", "刘洋", "INT", "PDA 开发"),
    ("zhou.ting", "周婷", "IT", "物流主管"),
)


def load() -> dict[str, Person]:
    """Make them; the people by log-in."""
    made = {}
    for code, name, kind in teams:
        made[code] = Team(code=code, name=name, kind=kind)
        made[code].save()
    company = Calendar(name="公司标准日历")
    company.save()
    CalendarException(calendar=company, on_date=date(2026, 12, 31), note="年终盘点，停工").save()
    staff = {}
    for number, name, team, position in people:
        staff[number] = Person(number=number, name=name, team=made[team], position=position)
        staff[number].save()
    return staff
