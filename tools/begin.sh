#!/bin/sh
# Makes .venv with the fastest Python at hand (of 3.11 or newer) and puts uv into it. `make up PYTHON=…` chooses another.
# A Python that was compiled without profiling, as version managers do by default, needs up to half as much time again for the same work.
set -eu
work='import sys, time
if sys.version_info < (3, 11): sys.exit(1)
best = 9.0
for _ in range(3):
    began, found = time.process_time(), {}
    for number in range(60000):
        found[str(number)] = [number] * 3
        found.get(str(number - 1))
    best = min(best, time.process_time() - began)
print(int(best * 1e6))'

fastest= best= boot=
[ $# -gt 0 ] || set -- python3.14 python3.13 python3.12 python3.11 python3 python /usr/bin/python3
if .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  has_one=yes # somebody made it otherwise: only uv is missing
else
  has_one=
fi
for each in "$@"; do
  command -v "$each" >/dev/null 2>&1 || continue
  took=$("$each" -I -c "$work" 2>/dev/null) || continue
  if [ -z "$boot" ] && "$each" -c 'import ensurepip' 2>/dev/null; then boot=$each; fi
  if [ -z "$best" ] || [ "$((took * 10))" -lt "$((best * 9))" ]; then fastest=$each best=$took; fi # by a tenth at least: else the first
done
[ -n "$fastest" ] || { echo "需要 Python 3.11 或更新版本（找过：$*） / Python 3.11 or newer is needed (looked for: $*)" >&2; exit 1; }
[ -n "$boot" ] || { echo "$fastest 缺少 venv 的 pip：请安装 python3-venv / $fastest brings no pip for venv: install python3-venv" >&2; exit 1; }
if [ -z "$has_one" ]; then
  rm -rf .venv
  "$fastest" -m venv --without-pip .venv
fi
"$boot" -m venv .venv/begin
.venv/begin/bin/python -m pip install --quiet --disable-pip-version-check uv
ln -sf ../begin/bin/uv .venv/bin/uv
