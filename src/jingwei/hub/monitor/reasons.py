"""Why an interface is not healthy: evidence becomes reasons, worst first. Nothing here asks the database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from jingwei.hub.models import Checkpoint, Connection
from jingwei.hub.monitor.evidence import Evidence, overdue
from jingwei.hub.monitor.troubles import after_colon
from jingwei.hub.monitor.words import (
    Act,
    Level,
    Reason,
    Words,
    compare_now,
    counted,
    decide,
    differences,
    lasted,
    log_in,
    look_at,
    order,
    parked_records,
    run_now,
    watch,
)

heartbeat_seconds = 30
clock_seconds = 60
failures_to_down = 2
job_names = {
    "hub.cycle": Words("同步", "synchronise"), "hub.deliver": Words("处理推送", "take up webhooks"), "hub.reconcile": Words("对账", "look through the keys"),
    "hub.compare": Words("核对数值", "compare the values"),
}  # fmt: skip
stopped = Words("两边从此刻起不再互通，期间的修改都会积压。", "Nothing passes between the two sides from here on; every edit piles up meanwhile.")


def reasons(evidence: Evidence, now: datetime) -> list[Reason]:
    """All reasons that hold, worst first, then oldest."""
    found = [
        *_machinery(evidence, now), *_peers(evidence, now), *_reading(evidence, now), *_keys(evidence, now), *_waiting(evidence, now), *_parked(evidence), *_asked(evidence),
        *_compared(evidence, now), *_notices(evidence, now),
    ]  # fmt: skip
    return sorted(found, key=lambda each: (order[each.level], each.since or now))


def reading_limit(evidence: Evidence) -> int:
    """Seconds within which both sides must have been read to their end."""
    return max(evidence.interface.freshness_seconds, 3 * evidence.interface.poll_seconds)


def _reason(
    code: str, level: Level, words: Words, since: datetime | None, count: int, endangers: Words, mend: Words, act: Act | None, *, detail: str = ""
) -> Reason:
    return Reason(code, level, words.zh, words.en, since, count, endangers, mend, act, detail[:300])


def _machinery(evidence: Evidence, now: datetime) -> Iterator[Reason]:
    """Our own processes: worker, runs, jobs, the breaker of circles, the grant."""
    interface = evidence.interface
    beat = evidence.heartbeat_at
    if overdue(beat, heartbeat_seconds, now):
        yield _reason(
            "worker_missing", Level.DOWN, Words("后台工作进程没有运行", "No worker process is running"), beat, 1, stopped,
            Words("启动工作进程（jingwei worker），或重启整个服务。", "Start the worker (jingwei worker) or the whole service."), watch())  # fmt: skip
    if interface.held_since is not None or interface.held_reason:
        yield _reason(
            "held", Level.DOWN, Words(f"接口已自行停止：{interface.held_reason}", f"The interface stopped itself: {interface.held_reason}"),
            interface.held_since, 1, stopped, Words("查明原因后在接口页面放行。", "Find the cause, then let it go on from its page."), look_at(interface))  # fmt: skip
    if revoked := evidence.tally("revoked").count:
        yield _reason(
            "grant_revoked", Level.DEGRADED, Words("接口对本系统记录的授权已被撤销", "The interface's grant to our own records was revoked"),
            evidence.tally("revoked").since, revoked, Words("对方的修改不再写入本系统。", "Their edits are no longer written to our side."),
            Words("由有权限的人重新发布映射。", "Somebody with the rights must publish the mapping again."), look_at(interface))  # fmt: skip
    stuck = evidence.tally("stuck")
    if stuck.count:
        yield _reason(
            "run_stuck", Level.DEGRADED, Words(f"{stuck.count} 次运行超过 10 分钟仍未结束", f"{counted(stuck.count, 'run')} not finished after 10 minutes"),
            stuck.since, stuck.count, Words("这次运行之后的修改可能都在等它。", "Every edit since may be waiting for it."),
            Words("再运行一次；若仍不结束，重启工作进程。", "Run it again; restart the worker if it still does not end."), run_now(interface))  # fmt: skip
    yield from _jobs(evidence)


def _jobs(evidence: Evidence) -> Iterator[Reason]:
    for job in evidence.jobs:
        if job.is_dead and _superseded(evidence, job.job, job.at):
            continue
        said, name = after_colon(job.said), job_names.get(job.job, Words(job.job, job.job))
        words = (
            Words(f"后台任务“{name.zh}”已彻底失败 {job.count} 次{said.zh}", f"Background job “{name.en}” failed for good {counted(job.count, 'time')}{said.en}")
            if job.is_dead
            else Words(f"后台任务“{name.zh}”一再失败{said.zh}", f"Background job “{name.en}” fails again and again{said.en}")
        )
        yield _reason(
            "job_failed", Level.DEGRADED, words, job.at, job.count, Words("它该做的工作没有做完。", "The work it was to do is not done."),
            Words("再运行一次；若仍失败，查看日志中的原因。", "Run it again; if it fails again, the log tells why."), run_now(evidence.interface),
            detail=f"{job.job}: {job.said}".removesuffix(": "))  # fmt: skip


def _superseded(evidence: Evidence, job: str, at: datetime | None) -> bool:
    """Whether what a failed job was to do has been done since by another of its kind."""
    if at is None:
        return False
    interface = evidence.interface
    if job == "hub.cycle":
        reads = [each.read_at for each in evidence.checkpoints.values()]
        return len(reads) == 2 and all(moment is not None and moment > at for moment in reads)
    if job == "hub.deliver":
        waiting = evidence.tally("events_late").since
        return waiting is None or waiting > at
    done = interface.compared_at if job == "hub.compare" else max(filter(None, (interface.reconciled_at, interface.compared_at)), default=None)
    return done is not None and done > at


def _peers(evidence: Evidence, now: datetime) -> Iterator[Reason]:
    """Connections: credentials, breaker, clock."""
    for connection in {each.pk: each for each in evidence.connections.values()}.values():
        yield from _peer(connection, now)


def _peer(connection: Connection, now: datetime) -> Iterator[Reason]:
    name, act = connection.system.name, log_in(connection.system.key)
    if connection.held_since is not None:
        yield _reason(
            "credentials", Level.DOWN, Words(f"{name} 拒绝了我们的凭据", f"{name} refuses our credentials"), connection.held_since, 1,
            Words("待写的修改全部保留，但一条也到不了对方。", "What waits to be written is kept, but none of it reaches the other side."),
            Words("重新填写凭据；检查通过后自动放行。", "Enter the credentials again; a passed check releases everything by itself."), act)  # fmt: skip
    if (connection.open_until is not None and connection.open_until > now) or connection.failures >= failures_to_down:
        said = after_colon(connection.last_error)
        yield _reason(
            "unreachable", Level.DOWN,
            Words(f"{name} 连续 {connection.failures} 次无法访问{said.zh}", f"{name} was unreachable {counted(connection.failures, 'time')} in a row{said.en}"),
            connection.last_ok_at or connection.last_error_at, connection.failures, stopped,
            Words("检查对方系统、网络与地址；恢复后自动继续。", "Check the other system, the network and the address; it goes on by itself."), act,
            detail=connection.last_error)  # fmt: skip
    ahead = connection.clock_ahead or 0.0
    if abs(ahead) > clock_seconds:
        seconds = int(abs(ahead))
        yield _reason(
            "clock", Level.DEGRADED,
            Words(f"{name} 的时钟比我们{'快' if ahead > 0 else '慢'} {seconds} 秒", f"The clock of {name} is {seconds} s {'ahead of' if ahead > 0 else 'behind'} ours"),
            connection.last_ok_at, 1, Words("“以较新者为准”的判断会出错，读取也会变慢。", "“The newest wins” decides wrongly, and reading lags."),
            Words("校准两边的系统时间（NTP）。", "Set both clocks by NTP."), act)  # fmt: skip


def _reading(evidence: Evidence, now: datetime) -> Iterator[Reason]:
    for side in ("a", "b"):
        system = evidence.interface.system(side).name
        checkpoint = evidence.checkpoints.get(side)
        if checkpoint is not None and (checkpoint.failing_since is not None or checkpoint.problem):
            yield _failing(evidence, side, checkpoint, system, now)
        elif checkpoint is None or checkpoint.read_at is None:
            since = evidence.published_at or evidence.interface.created_at
            if overdue(since, reading_limit(evidence), now):
                yield _reason(
                    "first_reading", Level.DEGRADED, Words(f"{system} 还没有完整读过一遍", f"{system} has not been read to its end yet"), since, 1,
                    Words("没读到的记录不会出现在另一边。", "Records not read yet are missing on the other side."),
                    Words("首次装载完成后自动消失；也可立即运行。", "It goes away when the first load is done; or run it now."), run_now(evidence.interface))  # fmt: skip
        elif overdue(checkpoint.read_at, reading_limit(evidence), now):
            ago = lasted(checkpoint.read_at, now)
            yield _reason(
                "reading_late", Level.DEGRADED, Words(f"{system} 没有按时读完", f"{system} was not read to its end in time"), checkpoint.read_at, 1,
                Words(f"{system} 最近 {ago.zh}的修改可能还没到另一边。", f"Edits of the last {ago.en} in {system} may not be on the other side."),
                Words("立即运行一次，或放宽轮询间隔与承诺时效。", "Run it now, or relax its interval and promised freshness."), run_now(evidence.interface))  # fmt: skip


def _keys(evidence: Evidence, now: datetime) -> Iterator[Reason]:
    """Deletes that nobody tells are noticed only by looking through all keys."""
    unread = evidence.tally("keys_unread")
    if unread.count:
        interface, said = evidence.interface, after_colon(unread.said)
        ago = lasted(unread.since or interface.paired_at or interface.created_at, now)
        yield _reason(
            "keys_unread", Level.DEGRADED, Words(f"对账没有做完：未能查遍所有记录{said.zh}", f"The keys could not be looked through{said.en}"), unread.since, 1,
            Words(f"最近 {ago.zh}里对方的删除可能没有被发现。", f"Deletes of the last {ago.en} may not have been noticed."),
            Words("按提示检查对方系统；最迟两分钟后自动再试。", "Check the other system; it is tried again within two minutes."), look_at(interface),
            detail=unread.said)  # fmt: skip


def _failing(evidence: Evidence, side: str, checkpoint: Checkpoint, system: str, now: datetime) -> Reason:
    """Read in vain once is a stumble; twice, nothing gets through on that side."""
    since = checkpoint.failing_since
    connection = evidence.connections.get(side)
    again = overdue(since, evidence.interface.poll_seconds, now) or (connection is not None and connection.failures >= failures_to_down)
    ago = lasted(checkpoint.read_at or since, now)
    act = log_in(connection.system.key) if connection is not None else look_at(evidence.interface)
    said = after_colon(checkpoint.problem)
    return _reason(
        "reading_failing", Level.DOWN if again else Level.DEGRADED,
        Words(f"读取 {system} 失败{said.zh}", f"Reading {system} fails{said.en}"), since, 1,
        Words(f"{system} 最近 {ago.zh}的修改没有到另一边。", f"Edits of the last {ago.en} in {system} are not on the other side."),
        Words("按提示检查对方系统；恢复后自动补读，不会漏。", "Check the other system; reading goes on where it stopped, and nothing is skipped."), act,
        detail=checkpoint.problem)  # fmt: skip


def _waiting(evidence: Evidence, now: datetime) -> Iterator[Reason]:
    """What has waited longer than promised."""
    promised = evidence.interface.freshness_seconds
    texts = {
        "inbox": (
            Words("条收到的记录等待处理超时", "arrived and not planned in time"),
            "到达的修改还没写到另一边",
            "what arrived is not on the other side yet",
        ),
        "lookups": (Words("条记录等待向对方核实超时", "not looked up in time"), "这些记录是否存在尚未确定", "whether they still exist is not known yet"),
        "outbox": (Words("条修改等待写出超时", "not written in time"), "这些修改还没到另一边", "these edits are not on the other side"),
    }
    for kind, (words, zh, en) in texts.items():
        tally = evidence.tally(kind)
        if tally.late:
            ago, said = lasted(tally.since, now), after_colon(tally.said)
            yield _reason(
                f"{kind}_late", Level.DEGRADED,
                Words(f"{tally.late} {words.zh}{said.zh}", f"{counted(tally.late, 'record')} {words.en}{said.en}"), tally.since, tally.late,
                Words(f"最早的已等待 {ago.zh}（承诺 {promised} 秒）：{zh}。", f"The oldest has waited {ago.en} ({promised} s promised): {en}."),
                Words("立即运行一次；若不减少，查看对方是否可写。", "Run it now; if they do not grow fewer, see whether the other side takes writes."),
                run_now(evidence.interface), detail=tally.said)  # fmt: skip
    events = evidence.tally("events_late")
    if events.count and overdue(events.since, promised, now):
        yield _reason(
            "events_late", Level.DEGRADED, Words(f"{events.count} 条推送尚未拆开", f"{counted(events.count, 'webhook')} not unpacked yet"), events.since, events.count,
            Words("推送里的修改还没有生效。", "The edits they tell of have no effect yet."), Words("检查工作进程是否正常。", "Check that the worker is well."), watch())  # fmt: skip


def _parked(evidence: Evidence) -> Iterator[Reason]:
    """What may not pass until a person has looked."""
    interface, act = evidence.interface, parked_records(evidence.interface)
    quarantine, orphaned, dead, held, events = (evidence.tally(kind) for kind in ("quarantine", "parked", "dead", "held", "events"))
    parked = quarantine.count + orphaned.count
    if parked:
        yield _reason(
            "quarantine", Level.DEGRADED, Words(f"{parked} 条记录被隔离", f"{counted(parked, 'record')} in quarantine"),
            min(filter(None, (quarantine.since, orphaned.since)), default=None), parked,
            Words("它们的最新内容没有传到另一边。", "Their newest values are not on the other side."),
            Words("修正源数据或映射后重放。", "Mend the source or the mapping, then replay them."), act)  # fmt: skip
    if dead.count:
        yield _reason(
            "dead", Level.DEGRADED, Words(f"{dead.count} 条写入彻底失败", f"{counted(dead.count, 'write')} failed for good"), dead.since, dead.count,
            Words("这些修改不会自己到达另一边。", "These edits will not reach the other side by themselves."),
            Words("看清原因，改正后重放，或放弃。", "Read why, then mend and replay, or discard."), act)  # fmt: skip
    if held.count:
        yield _reason(
            "deletes_held", Level.DEGRADED, Words(f"{held.count} 次删除等待批准", f"{counted(held.count, 'delete')} held for approval"), held.since, held.count,
            Words("另一边的记录暂时都还在。", "The records on the other side all stay for now."),
            Words("确认这是有意的批量删除后再放行。", "Let them pass if so many deletes are meant."), look_at(interface, "parked"))  # fmt: skip
    if events.count:
        yield _reason(
            "events_parked", Level.DEGRADED, Words(f"{events.count} 条推送读不懂，已隔离", f"{counted(events.count, 'webhook')} could not be read"), events.since, events.count,
            Words("其中的修改要等下次轮询才能发现。", "The edits they tell of are found at the next poll at best."),
            Words("检查对方推送的格式。", "Check what the other side sends."), watch())  # fmt: skip


def _asked(evidence: Evidence) -> Iterator[Reason]:
    """What a person must decide."""
    conflicts, refusals, deletes, apart = (evidence.tally(kind) for kind in ("conflicts", "refusals", "deletes", "apart"))
    if refusals.count:
        yield _reason(
            "refusals", Level.DEGRADED, Words(f"{refusals.count} 个字段的值被对方拒绝，等待裁定", f"{counted(refusals.count, 'value')} refused by the other side, to be decided"), refusals.since,
            refusals.count, Words("对方仍保留原来的值。", "The other side keeps its old value."),
            Words("看清对方为何拒绝，改正源数据后自动再写。", "See why it was refused and mend it at its source; it is written again by itself."), decide())  # fmt: skip
    if conflicts.count:
        yield _reason(
            "conflicts", Level.DEGRADED, Words(f"{conflicts.count} 个字段两边不同，等待裁定", f"{counted(conflicts.count, 'field')} to be decided"), conflicts.since,
            conflicts.count, Words("裁定前两边各留各的值。", "Each side keeps its own value until then."), Words("选定以哪一边为准。", "Say which side is right."), decide())  # fmt: skip
    if deletes.count:
        yield _reason(
            "deletes_asked", Level.DEGRADED, Words(f"{deletes.count} 条记录一边已删除，等待裁定", f"{counted(deletes.count, 'record')} deleted on one side, to be decided"),
            deletes.since, deletes.count, Words("另一边的记录不会自动删除。", "The other side's records are not deleted by themselves."),
            Words("决定跟着删除还是恢复。", "Delete them too, or bring them back."), decide())  # fmt: skip
    pairing = evidence.tally("pairing")
    if pairing.count:
        yield _reason(
            "pairing_asked", Level.DEGRADED, Words(f"{pairing.count} 条记录等待指定与谁配对", f"{counted(pairing.count, 'record')} wait for somebody to say what belongs together"),
            pairing.since, pairing.count, Words("在此之前这些记录不会创建到另一边。", "They are not made on the other side until then."),
            Words("为每条记录指定配对，或让它新建。", "Say for each which record it belongs to, or have it made."), decide())  # fmt: skip
    if apart.count:
        yield _reason(
            "apart", Level.DEGRADED, Words(f"{apart.count} 对记录已知不一致", f"{counted(apart.count, 'pair')} known to differ"), apart.since, apart.count,
            Words("两边的值不同，且没有人接手。", "The values differ and nobody has been asked."), Words("打开接口查看这些记录。", "Look at them on the interface's page."),
            differences(evidence.interface))  # fmt: skip


def _compared(evidence: Evidence, now: datetime) -> Iterator[Reason]:
    """The proof: both sides' values were compared, lately, and agreed."""
    interface, result = evidence.interface, evidence.interface.compared or {}
    differ = int(result.get("differ") or 0)
    if differ:
        yield _reason(
            "differ", Level.DEGRADED, Words(f"核对发现 {differ} 处不一致", f"The comparison found {counted(differ, 'difference')}"), interface.compared_at, differ,
            Words("两边的数据不一样，且原因不明。", "The two sides hold different values, and nothing explains it."),
            Words("查看差异，决定以哪一边为准。", "See what differs and which side is right."), differences(interface))  # fmt: skip
    allowed = timedelta(hours=2 * max(1, interface.reconcile_hours)).total_seconds()
    begun = interface.compared_at or interface.paired_at or evidence.published_at or interface.created_at
    if overdue(begun, allowed, now):
        known = interface.compared_at is not None
        words = (
            Words("两边的数值很久没有核对", "Both sides' values were not compared in time")
            if known
            else Words("两边的数值从未核对过", "Both sides' values were never compared")
        )
        yield _reason(
            "comparison_late", Level.DEGRADED, words, begun, 1, Words("若有悄悄的差异，现在没有人知道。", "If something differs silently, nobody knows."),
            Words("立即核对一次。", "Compare them now."), compare_now(interface))  # fmt: skip


def _notices(evidence: Evidence, now: datetime) -> Iterator[Reason]:
    """Worth knowing, nothing is wrong."""
    interface, left = evidence.interface, evidence.tally("left")
    if left.count:
        yield _reason(
            "left", Level.NOTICE, Words(f"{left.count} 条记录已不符合筛选条件", f"{counted(left.count, 'record')} left the filter"), left.since, left.count,
            Words("它们不再同步。", "They are no longer carried over."), Words("若不是有意，检查筛选条件。", "Check the filter if that is not meant."), look_at(interface))  # fmt: skip
    for connection in {each.pk: each for each in evidence.connections.values()}.values():
        if connection.paused_until is not None and connection.paused_until > now:
            name = connection.system.name
            yield _reason(
                "throttled", Level.NOTICE, Words(f"{name} 要求暂缓请求", f"{name} asks us to wait"), None, 1,
                Words("写入会稍晚。", "Writes come a little later."), Words("到时自动继续。", "It goes on by itself."), log_in(connection.system.key))  # fmt: skip
    asked = len((interface.compared or {}).get("asked") or ())
    if asked:
        yield _reason(
            "looking_up", Level.NOTICE, Words(f"核对发现的 {asked} 处不同正在复查", f"{counted(asked, 'difference')} of the last comparison being looked up again"),
            interface.compared_at, asked, Words("多半是核对期间的修改。", "Most are edits made meanwhile."), Words("下次核对会给出结论。", "The next comparison tells."),
            compare_now(interface))  # fmt: skip
    if interface.compared_at is None and interface.paired_at is not None:
        yield _reason(
            "not_compared", Level.NOTICE, Words("尚未做首次全量核对", "Not compared completely yet"), interface.paired_at, 1,
            Words("两边一致尚未得到证明。", "That both sides agree is not proven yet."), Words("可立即核对。", "Compare now if you like."), compare_now(interface))  # fmt: skip
