"""Where the demo's systems listen: three ports from JINGWEI_SANDBOX_PORT on, or free ones that the supervisor took instead."""

from __future__ import annotations

from jingwei.frame import environment

first = environment.number("JINGWEI_SANDBOX_PORT")
sandbox_ports = {"tracker": first, "erp": first + 1, "mes": first + 2}
