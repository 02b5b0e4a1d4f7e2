"""Where the demo's systems listen: three ports from JINGWEI_SANDBOX_PORT on, or free ones that the supervisor took instead."""

from __future__ import annotations

import os

first = int(os.environ.get("JINGWEI_SANDBOX_PORT", "4801"))
sandbox_ports = {"tracker": first, "erp": first + 1, "mes": first + 2}
