"""The MES: work orders, operations and downtime of the shop floor."""

from sandbox.mes.api import add_routes, key_given, problem, public
from sandbox.mes.story import seed
from sandbox.mes.tables import downtime_events, operations, work_orders
from sandbox.system import System

system = System(
    name="mes",
    title=("制造执行系统", "MES"),
    version="5.4.2",
    tables=(work_orders, operations, downtime_events),
    tells=True,
    add_routes=add_routes,
    public=public,
    key_given=key_given,
    problem=problem,
    seed=seed,
)
