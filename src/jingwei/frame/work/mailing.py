"""Notices by mail are looked at every few seconds; each person's are a job of their own, so that one bad address keeps nobody waiting.
One after the other: a server that takes long holds one slot of the workers."""

from __future__ import annotations

from jingwei.frame.telling import letters
from jingwei.frame.work import jobs, scheduler

job = "frame.letters"


@jobs.job(job, queue="outgoing", retry=jobs.prompt)
def send(person_id: int) -> int:
    """Send what is due to one person."""
    return letters.send_due(person_id)


def due() -> int:
    """Queue a job for everybody for whom something is due."""
    if not letters.is_configured():
        return 0
    return sum(jobs.defer(job, once=str(pk), lane="one", person_id=pk) for pk in letters.people_due())


scheduler.every(5, "frame.letters")(due)
