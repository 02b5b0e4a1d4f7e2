"""The key that opens backups. It never lies inside one: whoever has only the backup has nothing, whoever loses the key too."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from jingwei.assembly.commands import Refused
from jingwei.frame.postgres import address

variable = "JINGWEI_BACKUP_KEY"
file_name = "backup.key"
_length = 64


def key_id(key: bytes) -> str:
    """Eight letters by which a key is told from another."""
    return hashlib.sha256(b"jingwei backup key " + key).hexdigest()[:8]


def key_file() -> Path:
    """Where this installation keeps its own."""
    return address.home() / file_name


def is_there() -> bool:
    """Whether there is one to seal with."""
    return bool(os.environ.get(variable)) or key_file().exists()


def for_writing() -> tuple[bytes, bool]:
    """The key to seal with, and whether it was made just now."""
    if os.environ.get(variable):
        return _parsed(os.environ[variable], variable), False
    path = key_file()
    if path.exists():
        return _parsed(path.read_text(), str(path)), False
    key = secrets.token_bytes(32)
    adopt(key)
    return key, True


def adopt(key: bytes) -> None:
    """Make this the installation's own key, readable by its owner only."""
    descriptor = os.open(key_file(), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(key.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())


def for_reading(given: str | None) -> bytes:
    """The key from the file named on the command line, the environment, or this installation."""
    if given:
        try:
            return _parsed(Path(given).read_text(), given)
        except (OSError, UnicodeDecodeError) as problem:
            raise Refused(f"密钥文件 {given} 读不了", f"the key file {given} cannot be read") from problem
    if os.environ.get(variable):
        return _parsed(os.environ[variable], variable)
    if key_file().exists():
        return _parsed(key_file().read_text(), str(key_file()))
    raise Refused(
        f"缺少备份密钥：用 --key-file 指定，或放入环境变量 {variable}", f"the backup's key is missing: name its file with --key-file, or put it into {variable}"
    )


def _parsed(text: str, where: str) -> bytes:
    text = text.strip()
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(text) != _length or len(key) * 2 != _length:
        raise Refused(f"{where} 里不是备份密钥（应为 64 位十六进制）", f"{where} holds no backup key (64 hexadecimal digits are expected)")
    return key
