"""A file that is replaced whole or not at all, even if the process is killed or the disk is full.

The new content is written to a new file in the same folder (a rename is atomic only within a file system),
flushed to the disk, and renamed to the old file. The folder is flushed too, so that the rename survives a
power failure. A process that is killed leaves its unfinished file behind: it is hidden, begins with the
name of its target and ends in ``.tmp``.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from io import BytesIO
from typing import BinaryIO

__all__ = ["replacing"]

NAME_LENGTH = 48  # characters of the target's name in the temporary one, which may have 255 bytes


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A binary file to write, which replaces `path` when the block ends without an error.

    A symbolic link stays one, and its target is replaced. The mode of an existing file is kept, and its
    owner and group as far as the process may set them; a new file gets the mode that `open` gives.
    A pipe or a device is written to directly.

    Raises
    ------
    OSError
        As ``open(path, "wb")`` does, for a read-only file too; PermissionError also if no file can be
        created in the folder. After an error `path` is as before, and no other file is left.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "numbers")
    ...     with replacing(path) as file:
    ...         _ = file.write(b"1 2 3")
    ...     os.listdir(folder)
    ['numbers']
    """
    target = os.path.realpath(path)
    try:
        old = os.stat(path)
    except FileNotFoundError:
        old = None
    if old is not None and not stat.S_ISREG(old.st_mode):
        content = BytesIO()  # zipfile needs to seek, which a pipe cannot
        yield content
        with open(path, "wb") as special:
            special.write(content.getbuffer())
        return
    if old is not None:
        os.close(os.open(path, os.O_WRONLY))  # refuse a read-only file: a rename would replace it
    folder, name = os.path.split(target)
    unfinished = os.path.join(folder, f".{name[:NAME_LENGTH]}.{secrets.token_hex(8)}.tmp")
    mode = 0o666 if old is None else stat.S_IMODE(old.st_mode)
    try:
        with open(unfinished, "xb", opener=partial(open_new, mode=mode)) as file:
            if old is not None:
                keep_owner_and_mode(file.fileno(), old)
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(unfinished)
        raise
    flush_folder(folder)


def open_new(path: str, flags: int, mode: int) -> int:
    """Open a new file; if that is not permitted, name the folder."""
    try:
        return os.open(path, flags, mode)
    except PermissionError as error:
        wanted = "wanted a folder in which a new file can be created, to replace the old one when it is whole"
        message = f"{os.strerror(errno.EACCES)}: {wanted}"
        raise PermissionError(error.errno, message, os.path.dirname(path)) from error


def keep_owner_and_mode(descriptor: int, like: os.stat_result) -> None:
    """Owner, group and mode of a new file as those of another, as far as this process may set them."""
    if not hasattr(os, "fchown"):  # Windows
        return
    for owner in (
        like.st_uid,
        -1,
    ):  # only root may change the owner, others the group
        with suppress(PermissionError):
            os.fchown(descriptor, owner, like.st_gid)
            break
    with suppress(PermissionError):  # file systems without modes, such as FAT
        os.fchmod(descriptor, stat.S_IMODE(like.st_mode))  # the umask cleared some of its bits


def flush_folder(folder: str) -> None:
    """Flush the names in a folder to the disk, where folders can be opened and flushed."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:  # Windows, or a folder that may be written but not listed
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system that cannot flush folders
            raise
    finally:
        os.close(descriptor)
