"""The tracker: issues in the manner of Jira and Redmine."""

from sandbox.system import System
from sandbox.tracker.api import add_routes, key_given, problem, public
from sandbox.tracker.story import seed
from sandbox.tracker.tables import issues

system = System(
    name="tracker",
    title=("研发协同平台", "Issue tracker"),
    version="3.2.1",
    tables=(issues,),
    tells=True,
    add_routes=add_routes,
    public=public,
    key_given=key_given,
    problem=problem,
    seed=seed,
)
