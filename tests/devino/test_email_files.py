"""Files for letters: which are taken, how they stand in the request, and how they are streamed."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from devino_async import DevinoClient
from devino_async.email import (
    FILE_TYPES,
    LocalFile,
    UploadedFile,
    find_file,
    read_upload,
    upload_request,
)
from devino_async.sandbox.email_files import read_upload as read_form
from omni_common.errors import (
    InvalidMessageError,
)
from omni_common.exchange import Answer, Failure, FailureKind, FileBody, Operation, Request
from tests.devino.answering import ANY_JSON, STATUSES, answer
from tests.support.clock import FakeClock
from tests.support.fault_server import FaultServer

FILE_ID = "efc1c054-9d65-4c21-b01f-cb0986c2dccb"
URL = f"http://files.local/emailAttachments/{FILE_ID}"
DOCUMENT = {"result": {"fileId": FILE_ID, "publicUrl": URL}}
STORED = (
    b'{"result":{"fileId":"efc1c054-9d65-4c21-b01f-cb0986c2dccb",'
    b'"publicUrl":"http://files.local/emailAttachments/efc1c054-9d65-4c21-b01f-cb0986c2dccb"}}'
)
MEGABYTE = 2**20

_PART = (
    b"--edge\r\n"
    b'Content-Disposition: form-data; name="file"; filename="letter.png"\r\n'
    b"Content-Type: image/png\r\n\r\n"
)


def upload(name: Any, content: bytes = b"picture", **fields: Any) -> Request:
    return upload_request(content, filename=name, boundary="edge", **fields)


def client(server: FaultServer, clock: FakeClock) -> DevinoClient:
    return DevinoClient("k/e+y=", base_url=server.url, clock=clock)


def refused(error: pytest.ExceptionInfo[InvalidMessageError]) -> tuple[str | None, str | None]:
    return error.value.field, error.value.provider


# --- The request ----------------------------------------------------------------------------------


def test_an_upload_is_a_form_with_one_file() -> None:
    request = upload("letter.png")
    assert (request.method, request.target) == ("POST", "/files/files?category=EMAIL_ATTACHMENT")
    assert request.headers == {"Content-Type": "multipart/form-data; boundary=edge"}
    assert request.body == _PART + b"picture\r\n--edge--\r\n"
    assert request.file is None


def test_each_upload_makes_a_file_so_it_is_repeated_no_more_than_a_send() -> None:
    assert upload("letter.png").operation is Operation.SEND


def test_a_local_file_is_not_read_to_build_its_request() -> None:
    nowhere = Path("nowhere", "letter.png")
    request = upload_request(LocalFile(nowhere, 5 * MEGABYTE), boundary="edge")
    assert request.body is None
    assert request.file == FileBody(_PART, nowhere, 5 * MEGABYTE, b"\r\n--edge--\r\n")


def test_a_boundary_is_new_each_time_and_can_hardly_be_in_a_file() -> None:
    boundaries = {upload_request(b"", filename="a.png").headers["Content-Type"] for _ in range(9)}
    assert len(boundaries) == 9
    assert all(len(each.rpartition("=")[2]) == 32 for each in boundaries)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.xls", b"application/vnd.ms-excel"),
        ("a.PDF", b"application/pdf"),
        ("a.Jpg", b"image/jpeg"),
        ("a.b.txt", b"text/plain"),
        ("a.img", b"application/octet-stream"),
    ],
)
def test_the_names_ending_says_what_a_file_is(name: str, kind: bytes) -> None:
    assert b"Content-Type: " + kind + b"\r\n\r\n" in (upload(name).body or b"")


@pytest.mark.parametrize("kind", ["image/webp", "text/plain; charset=utf-8", "a/b+c;d=e"])
def test_a_content_type_of_ones_own_comes_first(kind: str) -> None:
    body = upload("a.png", content_type=kind).body or b""
    assert f"Content-Type: {kind}\r\n\r\n".encode() in body


def test_a_name_of_ones_own_comes_before_the_files() -> None:
    request = upload_request(LocalFile(Path("secret.bin"), 3), filename="letter.png")
    assert request.file is not None
    assert b'filename="letter.png"' in request.file.head
    assert b"secret" not in request.file.head


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ('the "best".png', b'filename="the %22best%22.png"'),
        ("письмо.png", 'filename="письмо.png"'.encode()),
        ("a;b=c 100%.png", b'filename="a;b=c 100%.png"'),
        ("'quoted'.png", b"filename=\"'quoted'.png\""),
    ],
)
def test_a_name_stays_inside_its_quotation_marks(name: str, written: bytes) -> None:
    assert written + b"\r\n" in (upload(name).body or b"")


_NEVER_IN_A_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029/\\]")
_NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=30).map(lambda it: f"a{it}.png")


@given(name=_NAMES, content=st.binary(max_size=200) | st.just(b"\r\n--edge\r\n"))
def test_the_vendors_rules_find_one_file_in_every_form_that_is_made(
    name: str, content: bytes
) -> None:
    if _NEVER_IN_A_NAME.search(name):
        with pytest.raises(InvalidMessageError, match=r"^filename must be"):
            upload_request(content, filename=name)
        return
    request = upload_request(content, filename=name)
    found = read_form(request.headers["Content-Type"], request.body or b"", accepts_unknown=False)
    assert found.name == name.replace('"', "%22")
    assert (found.content, found.content_type) == (content, "image/png")


# --- What is refused before anything is sent ------------------------------------------------------


@pytest.mark.parametrize("content", ["text", None, 5, bytearray(b"x"), Path("a.png"), {}])
def test_a_content_is_bytes_or_a_file_that_was_found(content: Any) -> None:
    with pytest.raises(InvalidMessageError, match=r"^content must be"):
        upload_request(content, filename="a.png")


@pytest.mark.parametrize("ending", sorted(FILE_TYPES))
def test_the_documented_endings_are_taken_in_any_case(ending: str) -> None:
    for name in (f"a{ending}", f"a{ending.upper()}", f"a.exe{ending}"):
        assert upload(name).body


def test_no_other_endings_are_known() -> None:
    listed = ".xls .xlsx .doc .docx .pdf .jpg .jpeg .png .img .bmp .rar .txt"
    assert sorted(FILE_TYPES) == sorted(listed.split())
    assert all(listed.split()[place] in FILE_TYPES for place in range(12))


@pytest.mark.parametrize(
    "name",
    [
        *("a.exe", "a.gif", "a.zip", "a", "png", ".png", "a.png.exe", "a.png ", "a.pngx", "a.png."),
        *("", None, 5, b"a.png", "a\n.png", "a\r\nX: y.png", "a\x00.png", "a\u2028.png"),
        *("a\ud800.png", "dir/a.png", "/a.png", "..\\a.png", "a\x7f.png", "a\x85.png"),
    ],
)
async def test_a_name_that_devino_does_not_take_is_refused_before_anything_is_sent(
    clock: FakeClock, name: Any
) -> None:
    async with FaultServer() as server, client(server, clock) as devino:
        with pytest.raises(InvalidMessageError) as error:
            await devino.email.upload(b"picture", filename=name)
    assert refused(error) == ("filename", "devino")
    assert server.connections == 0


@pytest.mark.parametrize("kind", ["", "image", "image/", "/png", "image/png\r\nX: y", "а/б", 5])
def test_a_content_type_that_is_none_is_refused(kind: Any) -> None:
    with pytest.raises(InvalidMessageError) as error:
        upload("a.png", content_type=kind)
    assert refused(error) == ("content_type", "devino")


def _canaries(folder: Path) -> dict[str, Any]:
    (folder / "canary-dir.png").mkdir()
    (folder / "canary-loop.png").symlink_to(folder / "canary-loop.png")
    (folder / "canary-dangling.png").symlink_to(folder / "canary-gone.png")
    os.mkfifo(folder / "canary-pipe.png")
    return {
        "missing": folder / "canary.png",
        "no folder": folder / "canary" / "a.png",
        "directory": folder / "canary-dir.png",
        "loop": folder / "canary-loop.png",
        "dangling": folder / "canary-dangling.png",
        "pipe": folder / "canary-pipe.png",
        "too long": folder / ("canary" * 100 + ".png"),
        "null": f"{folder}/canary\x00.png",
        "empty": "",
        "none": None,
        "number": 5,
        "bytearray": bytearray(b"canary"),
    }


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes that have a name")
async def test_a_source_that_is_no_readable_file_is_refused_without_naming_it(
    clock: FakeClock, tmp_path: Path
) -> None:
    async with FaultServer() as server, client(server, clock) as devino:
        for source in _canaries(tmp_path).values():
            with pytest.raises(InvalidMessageError) as error:
                await devino.email.upload(source, filename="letter.png")
            assert refused(error) == ("source", "devino")
            assert "canary" not in f"{error.value!r}"
            assert error.value.__context__ is None
    assert server.connections == 0


def test_what_is_wrong_with_a_file_is_said_by_the_errors_class(tmp_path: Path) -> None:
    with pytest.raises(InvalidMessageError, match=r"^source cannot be read \(FileNotFoundError\)$"):
        find_file(tmp_path / "letter.png")
    with pytest.raises(InvalidMessageError, match=r"^source must be a file$"):
        find_file(tmp_path)


class _BytesPath(os.PathLike[bytes]):
    def __init__(self, path: Path) -> None:
        self._path = os.fsencode(path)

    def __fspath__(self) -> bytes:
        return self._path


def test_a_path_may_be_text_or_anything_that_is_like_one(tmp_path: Path) -> None:
    path = tmp_path / "letter.png"
    path.write_bytes(b"picture")
    sources: list[Any] = [path, str(path), _BytesPath(path)]
    assert [find_file(source) for source in sources] == [LocalFile(path, 7)] * 3


# --- The answer -----------------------------------------------------------------------------------


def test_the_documented_answer_is_read() -> None:
    assert read_upload(answer(DOCUMENT)) == UploadedFile(
        file_id=FILE_ID, public_url=URL, raw=DOCUMENT["result"]
    )


@pytest.mark.parametrize("status", [200, 201, 400, 500])
def test_t5_a_file_that_was_stored_is_stored_under_any_status(status: int) -> None:
    assert isinstance(read_upload(answer(DOCUMENT, status)), UploadedFile)


@pytest.mark.parametrize(
    ("given_id", "file_id"), [(FILE_ID, FILE_ID), (f"{FILE_ID}.png", f"{FILE_ID}.png"), (5, "5")]
)
def test_t24_the_id_of_a_file_is_kept_as_it_came(given_id: Any, file_id: str) -> None:
    uploaded = read_upload(answer({"result": {"fileId": given_id}}))
    assert isinstance(uploaded, UploadedFile)
    assert (uploaded.file_id, uploaded.public_url) == (file_id, None)


def test_t71_the_public_url_is_kept_and_not_shown() -> None:
    uploaded = read_upload(answer(DOCUMENT))
    assert isinstance(uploaded, UploadedFile)
    assert uploaded.public_url == URL
    assert "emailAttachments" not in repr(uploaded)


@pytest.mark.parametrize(
    "result", [{}, {"fileId": None}, {"fileId": ""}, {"fileId": []}, {"fileId": "\ud800"}, [], "x"]
)
def test_an_answer_without_an_id_proves_nothing(result: Any) -> None:
    assert read_upload(answer({"result": result})) is None


@pytest.mark.parametrize(
    "document",
    [
        {"reasons": [{"key": "invalid", "ref": "file"}]},
        {"Description": "Validation failed", "Reasons": [{"Key": "invalid", "Reference": "file"}]},
        {"result": {"code": "REJECTED", "reasons": {"key": "invalid", "ref": "file"}}},
        {"code": "REJECTED", "result": None, "reasons": [{"key": "invalid", "ref": "file"}]},
    ],
)
def test_a_refusal_in_any_of_devinos_forms_is_one(document: Any) -> None:
    failure = read_upload(answer(document))
    assert isinstance(failure, Failure)
    assert failure.kind is FailureKind.REFUSED
    assert (failure.vendor_code, failure.field) == ("invalid", "file")


@given(
    document=ANY_JSON
    | st.fixed_dictionaries({"result": ANY_JSON | st.fixed_dictionaries({"fileId": ANY_JSON})}),
    status=STATUSES,
)
def test_whatever_is_answered_is_read(document: Any, status: int) -> None:
    uploaded = read_upload(answer(document, status))
    assert uploaded is None or isinstance(uploaded, Failure | UploadedFile)


@given(body=st.binary(), status=STATUSES)
def test_bytes_that_are_no_json_are_no_answer(body: bytes, status: int) -> None:
    assert read_upload(Answer(status, b"<" + body)) is None
