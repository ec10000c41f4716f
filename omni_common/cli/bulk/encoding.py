"""In which encoding a file is: found where it is certain, and asked for where it is not.

Bytes of one code page can be read in any other, and then are other people's names. So no code page
is ever guessed: a file is what its byte order mark says, or UTF-8 if the whole of it is, or what
the user says.
"""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

from omni_common.cli.usage import UsageError
from omni_common.redaction import shown_name

__all__ = ["Encoding", "encoding_of"]

Encoding: TypeAlias = Literal[
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1257",
    "latin-1",
    "koi8-r",
    "cp866",
]
"""What a user may say; Python's codecs know all of these names."""
_CHUNK = 1 << 18
"""Bytes that are looked at in one step."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MARKS_OF_32_BITS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How the files of spreadsheets begin."""
_ASK = (
    "give the one that it is in, such as --encoding windows-1251 (Cyrillic), windows-1252 (Western"
    " Europe) or windows-1257 (Baltic), and see with --dry-run that names come out right"
)


def encoding_of(path: Path, given: Encoding | None, field: str, advice: str = _ASK) -> str:
    """Find the codec of the file at *path*, and read all of the file by it once.

    Args:
        path: The file.
        given: What the user says that it is.
        field: The option or argument that names the file, for errors.
        advice: What to do where it cannot be told.

    Raises:
        UsageError: It cannot be told, is another than *given*, or does not hold for the whole file.
    """
    name = shown_name(path)
    with path.open("rb") as file:
        codec = _codec(file.read(4), given, name, field)
        file.seek(0)
        fault = _fault(file, codec)
        if fault is None and codec == given and _is_utf_8(file):
            raise UsageError(f"{name} is in UTF-8; leave out --encoding", field="--encoding")
    if fault is None:
        return codec
    what = "UTF-8" if codec == "utf-8-sig" else codec
    untold = ", and what it is cannot be told for certain" if given is None else ""
    raise UsageError(
        f"{name}, line {fault}: this is not {what}{untold}; {advice}",
        field="--encoding" if advice is _ASK else field,
    )


def _codec(first: bytes, given: Encoding | None, name: str, field: str) -> str:
    """What the *first* bytes or the user say; UTF-8 where neither says anything."""
    if not first:
        raise UsageError(f"{name} is empty", field=field)
    if first.startswith(_WORKBOOKS):
        raise UsageError(f"{name} is a workbook; save it as CSV (UTF-8)", field=field)
    if first.startswith(_MARKS_OF_32_BITS):
        raise UsageError(f"{name} is in UTF-32; save it as UTF-8", field=field)
    marked = next((codec for mark, codec in _MARKS if first.startswith(mark)), None)
    if marked is not None and given is not None and not given.startswith(marked):
        raise UsageError(
            f"{name} says itself that it is in {marked}; leave out --encoding", field="--encoding"
        )
    if marked is None and given == "utf-16":
        raise UsageError(
            f"{name} has no byte order mark; give --encoding utf-16-le or utf-16-be",
            field="--encoding",
        )
    codec = marked or given or "utf-8"
    return "utf-8-sig" if codec == "utf-8" else codec


def _is_utf_8(file: BinaryIO) -> bool:
    """Whether *file* is in UTF-8 and not in ASCII alone: no text in a code page looks like that."""
    file.seek(0)
    is_ascii = all(chunk.isascii() for chunk in iter(lambda: file.read(_CHUNK), b""))
    file.seek(0)
    return not is_ascii and _fault(file, "utf-8") is None


def _fault(file: BinaryIO, codec: str) -> int | None:
    """Read all of *file*; the line that is not in *codec*, None if all are."""
    decoder = codecs.getincrementaldecoder(codec)("strict")
    line = 1
    while True:
        chunk = file.read(_CHUNK)
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            good = bytes(error.object[: error.start])
            return line + good.decode(codec, "ignore").count("\n")
        if "\0" in text:  # as UTF-16 has between letters when it is taken for something else
            return line + text.partition("\0")[0].count("\n")
        line += text.count("\n")
        if not chunk:
            return None
