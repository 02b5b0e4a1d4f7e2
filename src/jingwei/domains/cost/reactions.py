"""What both sides of a day-labour sheet agree on becomes cost, and stops being it when one of them disputes."""

from __future__ import annotations

from jingwei.domains.cost import services
from jingwei.domains.labour import queries as labour
from jingwei.domains.schedule.facts import PlanCarriedOut
from jingwei.frame.lives.lifecycle import StepTaken
from jingwei.frame.telling import facts


@facts.reacts_to(StepTaken)
def on_sheet_moved(fact: StepTaken) -> None:
    """In the transaction of the step: no agreed sheet without its cost, whatever happens between."""
    if fact.resource != labour.sheets or fact.before == fact.after:
        return
    if fact.after in labour.agreed and fact.before not in labour.agreed:
        services.sheet_book(sheet=labour.sheets_in(None).get(pk=fact.row_id))
    elif fact.before in labour.agreed and fact.after not in labour.agreed:
        services.sheet_unbook(sheet_id=fact.row_id)


facts.reacts_to(PlanCarriedOut)(services.extra_plan)
