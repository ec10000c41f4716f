"""Files for letters: what an upload holds, and where it is kept (contract sheet, A8)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from email.message import Message
from email.parser import HeaderParser
from pathlib import PurePosixPath
from uuid import NAMESPACE_URL, uuid5

from attrs import field, frozen

from devino_async.sandbox.sms_rules import Reason, RequestRefusedError
from omni_common.redaction import mask_text

__all__ = ["CATEGORY", "FileStore", "StoredFile", "Upload", "read_upload"]

CATEGORY = "EMAIL_ATTACHMENT"
"""The only ``category`` that the vendor names."""

_EXTENSIONS = frozenset(
    ".xls .xlsx .doc .docx .pdf .jpg .jpeg .png .img .bmp .rar .txt".split()  # noqa: SIM905
)
_PUBLIC_URL = "http://files.local/emailAttachments/"
"""A host inside the vendor's own network, as its example has it (T71)."""
_FIELD = "file"


@frozen(kw_only=True)
class Upload:
    """A file as it was sent."""

    name: str = field(repr=mask_text)
    content_type: str
    content: bytes = field(repr=mask_text)


@frozen(kw_only=True)
class StoredFile:
    """A file that letters may name."""

    id: str
    name: str = field(repr=mask_text)
    content_type: str
    """As the part of the upload declared it, or empty."""
    content: bytes = field(repr=mask_text)
    uploaded_at: datetime

    @property
    def public_url(self) -> str:
        """Where the vendor says the file is; nothing answers there (T71)."""
        return _PUBLIC_URL + self.id


class FileStore:
    """Every file that was uploaded, by its id; none is ever deleted."""

    def __init__(self) -> None:
        self._files: dict[str, StoredFile] = {}

    def __len__(self) -> int:
        return len(self._files)

    def __iter__(self) -> Iterator[StoredFile]:
        return iter(tuple(self._files.values()))

    def __getitem__(self, id: str) -> StoredFile:
        return self._files[id]

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all files."""
        return frozenset(self._files)

    def put(self, upload: Upload, *, at: datetime, with_extension: bool) -> StoredFile:
        """Keep *upload*; its id looks like a UUID, with the name's extension if asked for (T24)."""
        id = str(uuid5(NAMESPACE_URL, f"{_PUBLIC_URL}{len(self._files)}"))
        stored = StoredFile(
            id=id + (_extension(upload.name) if with_extension else ""),
            name=upload.name,
            content_type=upload.content_type,
            content=upload.content,
            uploaded_at=at,
        )
        self._files[stored.id] = stored
        return stored


def read_upload(content_type: str, body: bytes, *, accepts_unknown: bool) -> Upload:
    """The one file in a request's ``multipart/form-data``.

    Args:
        content_type: The request's header.
        body: The request's body.
        accepts_unknown: Whether other fields of the form are ignored.

    Raises:
        RequestRefusedError: The body is no such form, holds no file or several, or one whose name
            does not end in a documented extension.
    """
    boundary = _boundary(content_type)
    uploads: list[Upload] = []
    for headers, content in _parts(body, boundary):
        name = headers.get_param("name", header="content-disposition")
        if name == _FIELD:
            uploads.append(_upload(headers, content))
        elif not accepts_unknown:
            raise RequestRefusedError(Reason("invalid", name if isinstance(name, str) else None))
    if not uploads:
        raise RequestRefusedError(Reason("must.be.not.null", _FIELD))
    if len(uploads) > 1:
        raise RequestRefusedError(Reason("invalid", _FIELD, len(uploads)))
    return uploads[0]


def _upload(headers: Message, content: bytes) -> Upload:
    name = headers.get_filename()
    if not name or _extension(name) not in _EXTENSIONS:
        raise RequestRefusedError(Reason("invalid", _FIELD, name))
    return Upload(name=name, content_type=str(headers.get("Content-Type", "")), content=content)


def _boundary(content_type: str) -> bytes:
    header = Message()
    header["Content-Type"] = content_type.replace("\r", " ").replace("\n", " ")
    boundary = header.get_boundary()
    if header.get_content_type() != "multipart/form-data" or not boundary:
        raise RequestRefusedError(Reason("invalid", "Content-Type", content_type))
    return boundary.encode(errors="surrogateescape")


def _parts(body: bytes, boundary: bytes) -> list[tuple[Message, bytes]]:
    """Headers and content of each part, byte for byte."""
    preamble, *parts = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if preamble.strip() or not parts or parts[-1].rstrip() != b"--":
        raise RequestRefusedError(Reason("invalid", _FIELD))
    return [_part(part) for part in parts[:-1]]


def _part(part: bytes) -> tuple[Message, bytes]:
    head, separator, content = part.partition(b"\r\n\r\n")
    if not head.startswith(b"\r\n") or not separator:
        raise RequestRefusedError(Reason("invalid", _FIELD))
    headers = HeaderParser().parsestr(head[2:].decode(errors="replace"))
    if headers.get_content_disposition() != "form-data":
        raise RequestRefusedError(Reason("invalid", "Content-Disposition"))
    return headers, content


def _extension(name: str) -> str:
    return PurePosixPath(name).suffix.lower()
