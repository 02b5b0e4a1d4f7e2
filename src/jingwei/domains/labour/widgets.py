"""What of day labour stands on a home: sheets to confirm, sheets to write."""

from django.utils.translation import gettext_lazy as _

from jingwei.domains.labour import queries
from jingwei.frame.widgets import Widget, of_rows

on_phone = {"at": "/labour/phone/{row.pk}/", "note": "{row.standing}", "amount": "total_amount", "url": "/labour/phone/"}
to_confirm = of_rows(
    lambda desk: queries.to_confirm(desk.projects("labour.sheet.confirm"), desk.access.user_id or 0),
    empty=_("No sheet waits for you."), link=_("Sheets on the phone"), **on_phone,
)  # fmt: skip
to_write = of_rows(
    lambda desk: queries.to_write(desk.projects("labour.sheet.change")), empty=_("Nothing left to write."), link=_("All"),
    actions=((_("New sheet"), "/labour/phone/new/"), (_("Repeat the last sheet"), "/labour/phone/new/?repeat=1")), **on_phone,
)  # fmt: skip
Widget("confirm", _("Waits for your confirmation"), to_confirm, "labour.sheet.confirm", homes={"manager": 20, "finance": 20, "owner": 20})
Widget("write", _("My day-labour sheets"), to_write, "labour.sheet.add", homes={"crew": 10})
