"""The templates that come with the product: declared when it starts, told in the language of the moment."""

from jingwei.assembly.ready import erp_crm, mes, oa
from jingwei.assembly.ready.building import declare


def declare_all() -> None:
    """All of them, once."""
    for each in (mes.plan, erp_crm.plan, oa.plan):
        declare(each)
