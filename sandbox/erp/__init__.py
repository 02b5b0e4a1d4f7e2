"""The ERP: cost vouchers and purchase orders in the manner of Kingdee and SAP."""

from sandbox.erp.api import add_routes, key_given, problem, public
from sandbox.erp.story import seed
from sandbox.erp.tables import cost_vouchers, purchase_orders
from sandbox.system import System

system = System(
    name="erp",
    title=("企业资源计划", "ERP"),
    version="8.1.0",
    tables=(cost_vouchers, purchase_orders),
    tells=False,
    add_routes=add_routes,
    public=public,
    key_given=key_given,
    problem=problem,
    seed=seed,
)
