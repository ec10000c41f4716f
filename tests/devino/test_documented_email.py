"""Every example of the contract sheet about letters (A7 to A8b), written and read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from typing import Any

from devino_async.email import (
    FILE_TYPES,
    EmailEvent,
    EmailLetter,
    EmailRecipient,
    EmailResult,
    EmailSender,
    UploadedFile,
    read_callbacks,
    read_results,
    read_upload,
    send_request,
    upload_request,
)
from omni_common.errors import Outcome
from omni_common.exchange import Failure, FailureKind, Operation, Request
from tests.devino.answering import answer
from tests.devino.channels import body_of

# --- A7: send -------------------------------------------------------------------------------------

LETTER = {
    "Recipients": [
        {
            "Address": "james@jamesmail.ru",
            "Name": "James",
            "MergeFields": {"Name": "James"},
            "ExtraData": {"key1": "value1"},
        }
    ],
    "Sender": {"Address": "info@test.com", "Name": "TestShop"},
    "Subject": "Test message",
    "Body": {"Html": "<p>[Name], Welcome!</p>[Unsubscribe]"},
    "CheckUnsubscription": True,
    "AttachmentsIds": ["efc1c054-9d65-4c21-b01f-cb0986c2dccb"],
}


def letter(**fields: Any) -> EmailLetter:
    usual: dict[str, Any] = {
        "recipients": [
            EmailRecipient(
                address="james@jamesmail.ru",
                name="James",
                merge_fields={"Name": "James"},
                extra_data={"key1": "value1"},
            )
        ],
        "sender": EmailSender(address="info@test.com", name="TestShop"),
        "subject": "Test message",
        "html": "<p>[Name], Welcome!</p>[Unsubscribe]",
        "check_unsubscription": True,
        "attachments_ids": ["efc1c054-9d65-4c21-b01f-cb0986c2dccb"],
    }
    return EmailLetter(**(usual | fields))


def test_a7_t22_t24_t56_a_letter_is_written() -> None:
    request = send_request(letter())

    assert (request.method, request.target) == ("POST", "/email/messages")
    assert request.operation is Operation.SEND
    assert body_of(request) == LETTER


def test_a7_the_other_body_is_written() -> None:
    request = send_request(letter(html=None, plain_text="Welcome! [Unsubscribe] [WebVersion]"))

    assert body_of(request)["Body"] == {"PlainText": "Welcome! [Unsubscribe] [WebVersion]"}


def test_a7_t19_an_accepted_letter_is_read() -> None:
    addresses = ["recipient.1@email.com", "recipient.2@email.com"]
    ids = ["dwY4BSnjQ2X", "dwY4BSnjQ2i"]
    items = [
        {"index": index, "address": address, "messageId": ids[index]}
        for index, address in enumerate(addresses)
    ]

    assert read_results(answer({"result": items, "description": "ok"}), addresses) == tuple(
        EmailResult(outcome=Outcome.ACCEPTED, index=index, address=address, message_id=id, raw=item)
        for index, (address, id, item) in enumerate(zip(addresses, ids, items, strict=True))
    )


def test_a7_t1_a_refused_letter_is_read() -> None:
    key = "validation.recipients.must.be.greather.then.0"
    document = {
        "Description": "Validation failed",
        "Reasons": [{"Key": key, "Reference": "recipients"}],
    }
    refused = read_results(answer(document), [])

    assert isinstance(refused, Failure)
    assert (refused.kind, refused.vendor_code, refused.field, refused.raw) == (
        *(FailureKind.REFUSED, key, "recipients", document),
    )


# --- A8: files ------------------------------------------------------------------------------------


def form_of(request: Request) -> Message:
    header = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    return message_from_bytes(header + (request.body or b""))


def test_a8_a_file_is_written_as_a_form() -> None:
    request = upload_request(b"picture", filename="letter.png")
    form = form_of(request)
    _, part = form.walk()

    assert (request.method, request.target) == ("POST", "/files/files?category=EMAIL_ATTACHMENT")
    assert form.get_content_type() == "multipart/form-data"
    assert part.get_param("name", header="content-disposition") == "file"
    assert (part.get_filename(), part.get_content_type()) == ("letter.png", "image/png")
    assert part.get_payload(decode=True) == b"picture"


def test_a8_every_documented_format_is_taken() -> None:
    assert set(FILE_TYPES) == set(
        ".xls .xlsx .doc .docx .pdf .jpg .jpeg .png .img .bmp .rar .txt".split()  # noqa: SIM905
    )


def test_a8_t71_an_upload_is_read() -> None:
    result = {
        "fileId": "efc1c054-9d65-4c21-b01f-cb0986c2dccb",
        "publicUrl": "http://files.local/emailAttachments/efc1c054-9d65-4c21-b01f-cb0986c2dccb",
    }

    assert read_upload(answer({"result": result})) == UploadedFile(
        file_id="efc1c054-9d65-4c21-b01f-cb0986c2dccb",
        public_url="http://files.local/emailAttachments/efc1c054-9d65-4c21-b01f-cb0986c2dccb",
        raw=result,
    )


# --- A8b: callback --------------------------------------------------------------------------------


def test_a8b_an_event_is_read() -> None:
    document = {
        "dateTime": "2023-04-04T05:56:56.313Z",
        "userData": None,
        "contactId": None,
        "messageId": "dRJ7nkr99WF",
        "taskId": 0,
        "event": "ACCEPTED",
        "email": "example@devinotele.com",
    }

    assert read_callbacks(json.dumps([document]).encode()) == (
        EmailEvent(
            date_time=datetime(2023, 4, 4, 5, 56, 56, 313_000, tzinfo=UTC),
            user_data=None,
            contact_id=None,
            message_id="dRJ7nkr99WF",
            task_id="0",
            event="ACCEPTED",
            email="example@devinotele.com",
            raw=document,
        ),
    )
