"""What stops every command alike (no home, no database, old tables), said as a sentence with what to do."""

from __future__ import annotations

from urllib.parse import urlsplit

from jingwei.assembly.commands import Refused, fail
from jingwei.frame import environment
from jingwei.frame.postgres import address


def explained(problem: BaseException) -> int | None:
    """Say what is wrong and what to do; the exit code, or None when this is nothing we know."""
    for each in _chain(problem):
        if isinstance(each, environment.BadSettings | environment.BadSetting):
            return max(fail(wrong.zh, wrong.en) for wrong in getattr(each, "wrong", [each]))
        said = _known(each)
        if said is not None:
            return fail(*said)
    return None


def _chain(problem: BaseException) -> list[BaseException]:
    out: list[BaseException] = []
    now: BaseException | None = problem
    while now is not None and now not in out:
        out.append(now)
        now = now.__cause__ or now.__context__
    return out


def _known(problem: BaseException) -> tuple[str, str] | None:
    import psycopg
    from django.db import DataError, InterfaceError, OperationalError

    match problem:
        case Refused():
            return problem.zh, problem.en
        case address.HomeUnusable():
            return (
                f"数据目录 {problem.path} 不能使用（{problem.reason}）；请让当前用户可写，或用 JINGWEI_HOME 指定另一个目录",
                f"the home folder {problem.path} cannot be used ({problem.reason}); make it writable for this user, or choose another with JINGWEI_HOME",
            )
        case address.BadAddress():
            return (
                f"DATABASE_URL 看不懂（{problem}）；应为 postgresql://用户:密码@主机:端口/库名",
                f"DATABASE_URL cannot be understood ({problem}); it is written postgresql://user:password@host:port/name",
            )
        case address.CannotStart():
            log = address.data_folder() / "log"
            return (
                f"内置数据库没有启动；请看 {log}，或用 DATABASE_URL 指定自己的 PostgreSQL（{first_line(problem)}）",
                f"the embedded database does not start; see {log}, or point DATABASE_URL at a PostgreSQL of your own",
            )
        case psycopg.errors.UndefinedTable() | psycopg.errors.UndefinedColumn() | psycopg.errors.UndefinedFunction() | psycopg.errors.InvalidParameterValue():
            if isinstance(problem, psycopg.errors.InvalidParameterValue) and "role" not in str(problem):
                return None
            return "数据表不是最新；请运行 jingwei migrate", "the tables are older than this program; run: jingwei migrate"
        case psycopg.DataError() | DataError() | psycopg.errors.CheckViolation() | OverflowError() | UnicodeEncodeError():
            if isinstance(problem.__cause__, psycopg.errors.InvalidParameterValue):  # the role is missing: told by the one it comes from
                return None
            return (
                f"有一个值过大、过长或类型不对，请更正后重试（{first_line(problem)}）",
                f"a value is too large, too long or of the wrong kind: correct it and try again ({first_line(problem)})",
            )
        case psycopg.OperationalError() | OperationalError() | InterfaceError():
            return (
                f"数据库 {_where()} 连不上（{first_line(problem)}）；请检查 DATABASE_URL、网络和数据库服务",
                f"the database at {_where()} cannot be reached; check DATABASE_URL, the network and the database server",
            )
        case PermissionError() if problem.filename:
            return f"没有权限读写 {problem.filename}", f"{problem.filename} cannot be read or written; give this user the right to it"
        case OSError() if problem.errno in (28, 30) and problem.filename:
            return f"无法写入 {problem.filename}：{problem.strerror}", f"cannot write {problem.filename}: {problem.strerror}"
    return None


def first_line(problem: BaseException) -> str:
    """The first line, without any password."""
    lines = str(problem).strip().splitlines()
    return lines[0][:200] if lines else type(problem).__name__


def _where() -> str:
    if address.is_embedded():
        return str(address.data_folder())
    try:
        parts = urlsplit(environment.value("DATABASE_URL"))
        return f"{parts.hostname or '?'}:{parts.port or 5432}"
    except ValueError:
        return "DATABASE_URL"
