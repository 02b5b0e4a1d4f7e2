"""The key that opens backups. It never lies inside one: whoever has only the backup has nothing, whoever loses the key too."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path
from string import hexdigits

from jingwei.assembly.commands import Refused
from jingwei.frame import environment, filing
from jingwei.frame.postgres import address

variable = "JINGWEI_BACKUP_KEY"
file_name = "backup.key"
_length = 64
mend_zh = "请放回另存的密钥；若已丢失，删除该文件，下次备份生成新密钥（以前的备份不再能打开；归档开启时先 jingwei archive off，再开到另一个目录）"
mend_en = (
    "put the copy of the key back; when it is lost, delete the file and the next backup makes a new key (earlier backups open no more; "
    "with the archive on, run jingwei archive off first, then on into another folder)"
)


def key_id(key: bytes) -> str:
    """Eight letters by which a key is told from another."""
    return hashlib.sha256(b"jingwei backup key " + key).hexdigest()[:8]


def key_file() -> Path:
    """Where this installation keeps its own."""
    return address.home() / file_name


def is_there() -> bool:
    """Whether there is one to seal with."""
    return bool(environment.value(variable)) or key_file().exists()


def for_writing() -> tuple[bytes, bool]:
    """The key to seal with, and whether it was made just now."""
    if given := environment.value(variable):
        return _parsed(given, variable), False
    path = key_file()
    if path.exists():
        return _own(), False
    key = secrets.token_bytes(32)
    adopt(key)
    return key, True


def adopt(key: bytes) -> None:
    """Make this the installation's own key, readable by its owner only; one that is there stays, unless it is none."""
    (filing.put if is_damaged() else filing.put_new)(key_file(), key.hex() + "\n")


def is_damaged() -> bool:
    """Whether a file stands in the place of the installation's own key and holds none. It is not made anew: what it sealed may still be wanted."""
    return key_file().exists() and _key_in(filing.read(key_file())) is None


def for_reading(given: str | None) -> bytes:
    """The key from the file named on the command line, the environment, or this installation."""
    if given:
        try:
            return _parsed(Path(given).read_text(), given)
        except (OSError, UnicodeDecodeError) as problem:
            raise Refused(f"密钥文件 {given} 读不了", f"the key file {given} cannot be read") from problem
    if there := environment.value(variable):
        return _parsed(there, variable)
    if key_file().exists():
        return _own()
    raise Refused(
        f"缺少备份密钥：用 --key-file 指定，或放入环境变量 {variable}", f"the backup's key is missing: name its file with --key-file, or put it into {variable}"
    )


def _own() -> bytes:
    if (key := _key_in(filing.read(key_file()))) is None:
        raise Refused(
            f"{key_file()} 是空的或已损坏：{mend_zh}",
            f"{key_file()} is empty or damaged: {mend_en}",
        )
    return key


def _key_in(text: str) -> bytes | None:
    return bytes.fromhex(text) if len(text) == _length and all(letter in hexdigits for letter in text) else None


def _parsed(text: str, where: str) -> bytes:
    if (key := _key_in(text.strip())) is None:
        raise Refused(f"{where} 里不是备份密钥（应为 64 位十六进制）", f"{where} holds no backup key (64 hexadecimal digits are expected)")
    return key
