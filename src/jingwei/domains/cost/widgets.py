"""What of the money stands on a home: lines to post, the newest costs."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jingwei.frame.declare import Widget, of_rows, where

amounts = {"note": "{row.period}", "amount": "amount"}
drafts = where("cost.line", "post", Q(status="draft", kind="actual"), "period", "number")
actuals = where("cost.line", "view", Q(kind="actual") & ~Q(status="reversed"), "-period", "-id")
to_post = of_rows(drafts, empty=_("No cost line waits to be posted."), url="/w/cost.line/?status=draft", link=_("All drafts"), **amounts)
newest = of_rows(actuals, empty=_("No cost has been booked yet."), url="/w/cost.line/?kind=actual", link=_("All"), **amounts)
Widget("post", _("My cost lines: to post"), to_post, "cost.line.post", homes={"finance": 10})
Widget("spent", _("My cost lines: newest"), newest, "cost.line.view", homes={"manager": 40})
