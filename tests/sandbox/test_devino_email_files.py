"""Files for letters at the emulated Devino: uploads over real HTTP, byte for byte."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import aiohttp
import pytest

from devino_async.sandbox import DevinoBehaviour, DevinoEmulator
from devino_async.sandbox.email_files import FileStore
from omni_common.sandbox import SandboxClock
from tests.support.devino_http import KEY, Caller
from tests.support.devino_letters import (
    BOUNDARY,
    behave,
    form,
    post,
    posted,
    upload,
    upload_form,
)

FILE = 'name="file"; filename="letter.png"'


@pytest.fixture
async def devino(http: aiohttp.ClientSession, clock: SandboxClock) -> AsyncIterator[Caller]:
    async with DevinoEmulator(clock=clock, key=KEY) as emulator:
        yield Caller(emulator, http)


@pytest.fixture
def files(devino: Caller) -> FileStore:
    return devino.emulator.files


async def test_t71_an_upload_answers_with_an_id_and_a_url_inside_the_vendors_network(
    devino: Caller, files: FileStore
) -> None:
    answer = await upload(devino, "letter.png", b"\x89PNG\r\n\x1a\n")
    file_id = answer.data["result"]["fileId"]
    assert answer.status == 200
    assert answer.data == {
        "result": {
            "fileId": file_id,
            "publicUrl": f"http://files.local/emailAttachments/{file_id}",
        }
    }
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", file_id)
    stored = files[file_id]
    assert (stored.name, stored.content_type) == ("letter.png", "image/png")
    assert stored.content == b"\x89PNG\r\n\x1a\n"
    assert stored.uploaded_at == devino.emulator.clock.now()


@pytest.mark.parametrize(
    "content",
    [b"", b"\r\n", b"\n", b"--", b"\r\n--", BOUNDARY.encode(), bytes(range(256)), b"\r\n\r\n" * 9],
)
async def test_contents_are_kept_to_the_byte(
    devino: Caller, files: FileStore, content: bytes
) -> None:
    file_id = (await upload(devino, content=content)).data["result"]["fileId"]
    assert files[file_id].content == content


async def test_names_are_kept_as_they_were_written(devino: Caller, files: FileStore) -> None:
    file_id = (await upload(devino, "Счёт № 5.pdf")).data["result"]["fileId"]
    assert files[file_id].name == "Счёт № 5.pdf"


async def test_forms_of_aiohttp_are_understood(devino: Caller, files: FileStore) -> None:
    data = aiohttp.FormData()
    data.add_field("file", b"one\r\ntwo", filename="bill 5.pdf", content_type="application/pdf")
    async with devino.session.post(
        devino.emulator.base_url + "/files/files",
        params={"category": "EMAIL_ATTACHMENT"},
        data=data,
        headers={"Authorization": f"Key {KEY}"},
    ) as answer:
        file_id = (await answer.json())["result"]["fileId"]
    stored = files[file_id]
    assert (stored.name, stored.content) == ("bill%205.pdf", b"one\r\ntwo")


async def test_the_same_file_has_another_id_each_time(devino: Caller, files: FileStore) -> None:
    ids = {(await upload(devino)).data["result"]["fileId"] for _ in range(3)}
    assert len(ids) == len(files) == 3


@pytest.mark.parametrize(
    "name",
    [
        *("a.xls", "a.xlsx", "a.doc", "a.docx", "a.pdf", "a.jpg", "a.jpeg"),
        *("a.png", "a.img", "a.bmp", "a.rar", "a.txt", "A.PNG", "a.b.png"),
    ],
)
async def test_the_documented_formats_are_taken(devino: Caller, name: str) -> None:
    assert (await upload(devino, name)).status == 200


@pytest.mark.parametrize("name", ["a.gif", "a.zip", "a.html", "a", "png", ".png", "a.png.exe", ""])
async def test_any_other_format_is_refused(devino: Caller, files: FileStore, name: str) -> None:
    answer = await upload(devino, name)
    assert answer.status == 400
    [reason] = answer.data["reasons"]
    assert (reason["key"], reason["ref"]) == ("invalid", "file")
    assert len(files) == 0


@pytest.mark.parametrize(
    ("query", "key", "ref"),
    [
        ("", "must.be.not.null", "category"),
        ("?category=", "invalid", "category"),
        ("?category=email_attachment", "invalid", "category"),
        ("?category=EMAIL_ATTACHMENT&category=EMAIL_ATTACHMENT", "invalid", "category"),
        ("?category=EMAIL_ATTACHMENT&name=a.png", "invalid", "name"),
    ],
)
async def test_the_category_is_the_reserved_one(
    devino: Caller, query: str, key: str, ref: str
) -> None:
    [reason] = (await upload(devino, query=query)).data["reasons"]
    assert (reason["key"], reason["ref"]) == (key, ref)


@pytest.mark.parametrize(
    ("body", "key", "ref"),
    [
        (form(), "must.be.not.null", "file"),
        (form((FILE, b"a"), (FILE, b"b")), "invalid", "file"),
        (form((FILE, b"a"), ('name="note"', b"b")), "invalid", "note"),
        (form(('filename="a.png"', b"a")), "invalid", None),
        (form(("name*=utf-8''file; filename=\"a.png\"", b"a")), "invalid", None),
        (form(('name="file"', b"a")), "invalid", "file"),
        (form((FILE, b"a"))[:-4], "invalid", "file"),
        (form((FILE, b"a")).replace(b"form-data", b"attachment"), "invalid", "Content-Disposition"),
        (form((FILE, b"a")).replace(b"\r\n\r\n", b"\r\n"), "invalid", "file"),
        (form((FILE, b"a")).replace(BOUNDARY.encode(), b"other"), "invalid", "file"),
        (b"before" + form((FILE, b"a")), "invalid", "file"),
        (f"--{BOUNDARY}\r\n\r\na\r\n--{BOUNDARY}--".encode(), "invalid", "file"),
        (b"", "invalid", "file"),
        (b"picture", "invalid", "file"),
    ],
)
async def test_anything_but_a_form_of_one_file_is_refused(
    devino: Caller, files: FileStore, body: bytes, key: str, ref: str | None
) -> None:
    answer = await upload_form(devino, body)
    assert answer.status == 400
    [reason] = answer.data["reasons"]
    assert (reason["key"], reason["ref"]) == (key, ref)
    assert len(files) == 0


@pytest.mark.parametrize(
    "content_type",
    ["image/png", "multipart/form-data", f"multipart/mixed; boundary={BOUNDARY}", "", "multipart/"],
)
async def test_the_content_type_has_to_name_a_boundary(devino: Caller, content_type: str) -> None:
    answer = await devino.call(
        "/files/files?category=EMAIL_ATTACHMENT", form((FILE, b"a")), content_type=content_type
    )
    [reason] = answer.data["reasons"]
    assert (reason["key"], reason["ref"]) == ("invalid", "Content-Type")


async def test_other_fields_of_the_form_can_be_ignored(devino: Caller, files: FileStore) -> None:
    devino.emulator.behaviour = DevinoBehaviour(accepts_unknown_fields=True)
    body = form(('name="note"', b"b"), (FILE, b"a"))
    file_id = (await upload_form(devino, body)).data["result"]["fileId"]
    assert files[file_id].content == b"a"


async def test_t24_a_letter_names_files_by_their_ids_as_they_were_given(devino: Caller) -> None:
    ids = [(await upload(devino)).data["result"]["fileId"] for _ in range(2)]
    assert await posted(devino, AttachmentsIds=ids)
    answer = await post(devino, AttachmentsIds=[ids[0], f"{ids[1]}.png"])
    assert answer.data["Reasons"] == [{"Key": "invalid", "Reference": "attachmentsIds[1]"}]


async def test_t24_an_id_can_end_like_the_files_name(devino: Caller, files: FileStore) -> None:
    behave(devino, file_id_has_extension=True)
    file_id = (await upload(devino, "Letter.PNG")).data["result"]["fileId"]
    assert file_id.endswith(".png")
    assert file_id in files.ids
    assert await posted(devino, AttachmentsIds=[file_id])
    answer = await post(devino, AttachmentsIds=[file_id.removesuffix(".png")])
    assert answer.data["Reasons"][0]["Key"] == "invalid"


async def test_an_upload_can_be_answered_as_something_created(devino: Caller) -> None:
    behave(devino, uploaded_status=201)
    assert (await upload(devino)).status == 201
