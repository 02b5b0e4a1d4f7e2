"""The `jingwei` command: one parser, one module a family of commands."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from jingwei import __version__

_need_none = ("doctor", "schedule", "simulate", "evm", "level")
_make_one = ("up", "migrate", "restore", "web")  # where there is no installation yet; the web server looks at its port first


def parser() -> argparse.ArgumentParser:
    """Every command with its help, in both languages."""
    from jingwei.assembly.commands import archive, assistant, backups, deciding, interfaces, levelling, organisations, plans, running, syncing, systems, upkeep

    top = argparse.ArgumentParser(prog="jingwei", description="经纬 Jingwei: 集成交付平台 / integration delivery platform")
    top.add_argument("--version", action="version", version=__version__)
    families = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in (running, upkeep, backups, archive, organisations, systems, interfaces, syncing, deciding, plans, levelling, assistant):
        module.add(families)
    return top


def _unreadable(given: Sequence[str]) -> int | None:
    """Refuse a word that is no text (bytes that are no UTF-8 arrive as half characters): it could be kept nowhere."""
    from jingwei.kernels.bounds import unreadable

    for number, word in enumerate(given, 1):
        if unreadable(word):
            print(
                f"第 {number} 个参数不是有效的 UTF-8 文本，请检查终端编码 / argument {number} is no UTF-8 text: check the terminal's encoding", file=sys.stderr
            )
            return 2
    return None


def _look_around(command: str) -> None:
    """What must be so before a command that works with an installation; plans from files need none. The doctor sees for itself."""
    from jingwei.assembly.backups import journal
    from jingwei.assembly.commands import nothing_there
    from jingwei.frame import environment
    from jingwei.frame.postgres import address

    if command in _need_none:
        return
    environment.check()
    if command not in _make_one and not address.is_there():
        raise nothing_there()
    if journal.is_open():
        from jingwei.assembly.backups import bringing

        bringing.finish_what_was_cut_off()


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; the exit code is the command's."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jingwei.assembly.settings")
    given = list(sys.argv[1:] if arguments is None else arguments)
    if (code := _unreadable(given)) is not None:
        sys.exit(code)
    if given[:1] == ["django"]:
        from jingwei.assembly.commands import upkeep

        upkeep.django(given[1:])
        return
    options = parser().parse_args(given)
    from jingwei.assembly import troubles

    try:
        _look_around(str(options.command))
        code = options.run(options) or 0
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:  # whoever read our output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except Exception as problem:
        said = troubles.explained(problem)
        if said is None:
            raise
        code = said
    sys.exit(code)
