"""How long the schedule keeps its records: recalculations, and files that came in."""

from __future__ import annotations

from jingwei.frame.work.retention import Kept, keep

keep(Kept("schedule_recalculation", 400, "t.at"), Kept("schedule_planimport", 180, "t.came_at"))
