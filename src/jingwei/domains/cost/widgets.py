"""What of the money stands on a home: lines to post, the newest costs."""

from django.utils.translation import gettext_lazy as _

from jingwei.domains.cost import queries
from jingwei.frame.widgets import Widget, of_rows

to_post = of_rows(
    lambda desk: queries.drafts(desk.projects("cost.line.post")), note="{row.period}", amount="amount",
    empty=_("No cost line waits to be posted."), url="/w/cost.line/?status=draft", link=_("All drafts"),
)  # fmt: skip
newest = of_rows(
    lambda desk: queries.newest(desk.projects("cost.line.view")), note="{row.period}", amount="amount",
    empty=_("No cost has been booked yet."), url="/w/cost.line/?kind=actual", link=_("All"),
)  # fmt: skip
Widget("post", _("My cost lines: to post"), to_post, "cost.line.post", homes={"finance": 10})
Widget("spent", _("My cost lines: newest"), newest, "cost.line.view", homes={"manager": 40})
