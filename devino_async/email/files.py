"""Files that go with letters: put into Devino's store one by one (contract sheet, A8)."""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

from attrs import field, frozen

from devino_async.answers import read_result, refusal, text_or_none
from devino_async.ids import read_id
from devino_async.problems import invalid
from omni_common.exchange import Answer, Failure, FileBody, Operation, Request
from omni_common.redaction import mask_text, mask_url
from omni_common.rules import is_sendable

__all__ = ["FILE_TYPES", "LocalFile", "UploadedFile", "find_file", "read_upload", "upload_request"]

FILE_TYPES: Mapping[str, str] = MappingProxyType(
    {
        ".xls": "application/vnd.ms-excel",
        ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ".doc": "application/msword",
        ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ".pdf": "application/pdf",
        ".jpg": "image/jpeg",
        ".jpeg": "image/jpeg",
        ".png": "image/png",
        ".img": "application/octet-stream",
        ".bmp": "image/bmp",
        ".rar": "application/vnd.rar",
        ".txt": "text/plain",
    }
)
"""The endings of names that Devino takes, and the content type that each is sent with."""

# What could end a header line or the part's header, or hide in a log.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTENT_TYPE = re.compile(
    r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(?:; ?[\w!#$&^.+-]+=[\w!#$&^.+-]+)*", re.ASCII
)


@frozen(kw_only=True)
class UploadedFile:
    """A file in Devino's store.

    Attributes:
        file_id: What to put into a letter's ``attachments_ids``, unchanged: the vendor's examples
            disagree on whether it ends like the file's name (T24).
        public_url: Where Devino says the file is. It may name a host inside Devino's own network,
            so neither fetch it nor show it as if it could be reached (T71).
        raw: The vendor's ``result``.
    """

    file_id: str
    public_url: str | None = field(default=None, repr=mask_url)
    raw: Any = field(default=None, repr=False, hash=False)


@frozen
class LocalFile:
    """A file on this machine, and its length when it was looked at."""

    path: Path = field(repr=mask_text)
    size: int


def find_file(source: str | os.PathLike[str]) -> LocalFile:
    """Look for the file at *source*; it is opened for a moment, to see that it can be read.

    Raises:
        InvalidMessageError: There is no such file, it is no file, or it cannot be read; ``field``
            is ``source``.
    """
    if not isinstance(source, str | os.PathLike):
        raise invalid("source", "must be a path, or the file's content as bytes")
    try:
        path = Path(os.fsdecode(source))
        # Looked at before it is opened: opening a pipe would wait for somebody to write.
        if stat.S_ISREG(path.stat().st_mode):
            with path.open("rb") as file:
                return LocalFile(path, os.fstat(file.fileno()).st_size)
        problem = "must be a file"
    except (OSError, ValueError) as error:
        problem = f"cannot be read ({type(error).__name__})"
    # Raised out here, so that the system's error, which names the file, is no context.
    raise invalid("source", problem)


def upload_request(
    content: bytes | LocalFile,
    *,
    filename: str | None = None,
    content_type: str | None = None,
    boundary: str | None = None,
) -> Request:
    """``POST /files/files?category=EMAIL_ATTACHMENT``: one file, as the part ``file``.

    An upload costs nothing, but each makes a file of its own. So it is repeated no more than a send
    is, and ends like one: done, not done, or not known.

    Args:
        content: The file's bytes, or where they are.
        filename: The name to give it; that of the local file unless given.
        content_type: Its media type; what its name's ending stands for unless given.
        boundary: What parts the pieces of the body; random unless given.

    Raises:
        InvalidMessageError: The name or the type cannot be used, or the content is neither of the
            two; ``field`` names it.
    """
    if not isinstance(content, bytes | LocalFile):
        raise invalid("content", "must be bytes, or a LocalFile")
    local = content if isinstance(content, LocalFile) else None
    name = _checked_name(local.path.name if filename is None and local else filename)
    kind = _content_type(name, content_type)
    edge = secrets.token_hex(16) if boundary is None else boundary
    head = (
        f"--{edge}\r\n"
        f'Content-Disposition: form-data; name="file"; filename="{_escaped(name)}"\r\n'
        f"Content-Type: {kind}\r\n\r\n"
    ).encode()
    tail = f"\r\n--{edge}--\r\n".encode()
    return Request(
        "POST",
        "/files/files",
        Operation.SEND,
        body=None if isinstance(content, LocalFile) else head + content + tail,
        query=(("category", "EMAIL_ATTACHMENT"),),
        headers={"Content-Type": f"multipart/form-data; boundary={edge}"},
        file=None if local is None else FileBody(head, local.path, local.size, tail),
        makes="file",
    )


def read_upload(answer: Answer) -> UploadedFile | Failure | None:
    """Read what became of an upload."""
    result = read_result(answer, dict)
    if not isinstance(result, dict):
        return result
    if (file_id := read_id(result.get("fileId"))) is None:
        return refusal(result, answer.status)
    public_url = text_or_none(result.get("publicUrl"))
    return UploadedFile(file_id=file_id, public_url=public_url, raw=result)


def _checked_name(filename: object) -> str:
    if not isinstance(filename, str) or not filename:
        raise invalid("filename", "must be given: the name that the file shall have at Devino")
    if not is_sendable(filename) or _CONTROL.search(filename):
        raise invalid("filename", "must be whole characters, and no control characters")
    if "/" in filename or "\\" in filename:
        raise invalid("filename", "must be a name alone, without folders")
    if PurePosixPath(filename).suffix.lower() not in FILE_TYPES:
        raise invalid("filename", f"must end in one of {' '.join(FILE_TYPES)}")
    return filename


def _content_type(filename: str, given: str | None) -> str:
    if given is None:
        return FILE_TYPES[PurePosixPath(filename).suffix.lower()]
    if not isinstance(given, str) or _CONTENT_TYPE.fullmatch(given) is None:
        raise invalid("content_type", "must be a media type, such as image/png")
    return given


def _escaped(filename: str) -> str:
    """*filename* as browsers write it: UTF-8 as it is, and only quotation marks percent-encoded.

    The form of RFC 5987 that mail uses for other alphabets has no place in a form (RFC 7578, 4.2).
    """
    return filename.replace('"', "%22")
