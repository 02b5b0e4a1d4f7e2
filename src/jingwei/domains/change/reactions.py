"""The money of a what-if that was proposed and carried out as a request is not spent once more by the what-if itself."""

from __future__ import annotations

from jingwei.domains.change import services
from jingwei.domains.schedule.facts import PlanCarriedOut
from jingwei.frame.telling import facts

facts.reacts_to(PlanCarriedOut)(services.check_not_spent)
