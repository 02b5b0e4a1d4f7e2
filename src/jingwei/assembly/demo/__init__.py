"""The demo: a manufacturer joins MES, ERP and tracker. Three projects, about 400 tasks, five interfaces, live traffic."""

from jingwei.assembly.demo.load import load
from jingwei.assembly.demo.systems import sandbox_key

__all__ = ["load", "sandbox_key"]
