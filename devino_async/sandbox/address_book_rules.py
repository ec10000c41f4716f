"""What Devino accepts as contact lists and contacts: each request's rules, as pure functions.

The only documented refusals are a list without a name and a contact whose like is in the list. The
keys of all others are those of the vendor's other calls (contract sheet, F), and stand for whatever
the address book really says.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from devino_async.sandbox.behaviour import DevinoBehaviour
from devino_async.sandbox.contacts import ContactBook, ContactList
from devino_async.sandbox.sms_rules import Reason, RequestRefusedError
from omni_common.redaction import mask_text

__all__ = [
    "BASIC_FIELDS",
    "HIDDEN_TYPE",
    "LIST_TYPES",
    "ListDraft",
    "Rejection",
    "UploadDraft",
    "duplicate",
    "read_contact",
    "read_list",
    "read_upload",
]

LIST_TYPES = ("STANDARD", "STOPLIST", "PUSH", "OMNI_API")
HIDDEN_TYPE = "OMNI_API"
"""The type of lists that cannot be made by hand and are not listed."""
_FIELD_TYPES = (0, 1, 2, 3, 5, 8)
_GENDERS = ("gender.male", "gender.female")

BASIC_FIELDS: tuple[Mapping[str, Any], ...] = (
    {"name": "name", "displayName": "Name", "type": 3, "isDefault": True},
    {"name": "surname", "displayName": "Last name", "type": 3, "isDefault": True},
    {"name": "gender", "displayName": "Gender", "type": 3, "isDefault": True, "values": _GENDERS},
    {"name": "country", "displayName": "Country", "type": 3, "isDefault": True},
    {"name": "city", "displayName": "City", "type": 3, "isDefault": True},
    {"name": "birthdate", "displayName": "Birthdate", "type": 3, "isDefault": False},
    {"name": "timezone", "displayName": "Timezone", "type": 3, "isDefault": False},
)
"""The fields that every list has beside its own. The types of the last two are not documented."""

_ADDRESSES = {"phone": "Phone", "email": "Email"}
_PHONE = re.compile(r"[1-9][0-9]{6,14}", re.ASCII)
_EMAIL = re.compile(r"[^\s@<>,;]{1,64}@(?:[\w-]+\.)+[\w-]+")


@frozen(kw_only=True)
class ListDraft:
    """A list that may be made."""

    name: str
    type: str = "STANDARD"
    """What becomes of a list that names no type is not documented."""
    fields: tuple[Mapping[str, Any], ...] = ()
    auto_delete_enabled: bool = False


@frozen(kw_only=True)
class UploadDraft:
    """Contacts that are to be judged one by one, and where they go."""

    list: ContactList
    contacts: Sequence[Any] = field(repr=False)
    duplicate_check_field: str | None = None


@frozen
class Rejection:
    """Why one contact was refused: the vendor's key, the field at fault, and its sentence."""

    key: str
    field_name: str | None
    display_name: str | None
    description: str = field(repr=mask_text)


def read_list(body: object, behaviour: DevinoBehaviour) -> ListDraft:
    """The list in the body of a call that makes one.

    Raises:
        RequestRefusedError: It has no name, or a value is wrong.
    """
    known = {"name", "type", "fields", "autoDeleteEnabled"}
    document = _object(body, None, known, behaviour)
    name = document.get("name", "")
    if name == "":
        raise RequestRefusedError(Reason("name.must.be.not.null", "name"))
    _need(isinstance(name, str), "name", name)
    list_type = document.get("type", "STANDARD")
    _need(list_type in LIST_TYPES and list_type != HIDDEN_TYPE, "type", list_type)
    auto_delete = document.get("autoDeleteEnabled", False)
    _need(isinstance(auto_delete, bool), "autoDeleteEnabled", auto_delete)
    fields = document.get("fields", [])
    _need(isinstance(fields, list), "fields", fields)
    return ListDraft(
        name=name,
        type=list_type,
        fields=tuple(
            _declared(each, f"fields[{index}]", behaviour) for index, each in enumerate(fields)
        ),
        auto_delete_enabled=auto_delete,
    )


def read_upload(body: object, book: ContactBook, behaviour: DevinoBehaviour) -> UploadDraft:
    """The list that an upload is for, and its contacts, which are not judged yet.

    Raises:
        RequestRefusedError: The list's id is no JSON number (T20), or that of no list; there are no
            contacts; or duplicates are to be looked for in no field of the list (T23).
    """
    known = {"contactGroupId", "contacts", "duplicateCheckField"}
    document = _object(body, None, known, behaviour)
    list_id = document.get("contactGroupId")
    if list_id is None:
        raise RequestRefusedError(Reason("must.be.not.null", "contactGroupId"))
    _need(type(list_id) is int, "contactGroupId", list_id)
    found = book.lists.get(str(list_id))
    if found is None:
        raise RequestRefusedError(Reason("invalid", "contactGroupId", list_id))
    contacts = document.get("contacts")
    if not contacts:
        raise RequestRefusedError(Reason("must.be.not.null", "contacts"))
    _need(isinstance(contacts, list), "contacts", contacts)
    check_field = document.get("duplicateCheckField")
    names = [None, *_ADDRESSES, *(each["name"] for each in _fields_of(found))]
    _need(check_field in names, "duplicateCheckField", check_field)
    return UploadDraft(list=found, contacts=contacts, duplicate_check_field=check_field)


def read_contact(
    item: object, contacts: ContactList, behaviour: DevinoBehaviour
) -> Mapping[str, Any] | Rejection:
    """The contact in one item of an upload, without what is null, or why it is refused."""
    try:
        contact = _object(item, None, {"phone", "email", "fields", "pushInfo"}, behaviour)
        _check_addresses(contact, behaviour)
        devices = contact.get("pushInfo", [])
        _need(isinstance(devices, list), "pushInfo", devices)
        for device in devices:
            _check_device(device, behaviour)
        fields = contact.get("fields", [])
        _need(isinstance(fields, list), "fields", fields)
        values = [_filled(each, contacts, behaviour) for each in fields]
    except RequestRefusedError as refusal:
        key, name = refusal.reason.key, refusal.reason.name
        label = _field_label(name, contacts)
        return Rejection(key.replace(".", "_").upper(), name, label, "Wrong value")
    return {**contact, "fields": values, "pushInfo": devices}


def duplicate(name: str, contacts: ContactList) -> Rejection:
    """The refusal of a contact whose like is in the list, by the field they have in common."""
    return Rejection("DUPLICATE_VALUE", name, _field_label(name, contacts), "Duplicate")


def _field_label(name: str | None, contacts: ContactList) -> str | None:
    """What the personal account calls the field *name* of a contact."""
    labels = {each["name"]: each.get("displayName") for each in _fields_of(contacts)} | _ADDRESSES
    return None if name is None else labels.get(name)


def _check_addresses(contact: Mapping[str, Any], behaviour: DevinoBehaviour) -> None:
    if not any(contact.get(name) for name in ("phone", "email", "fields", "pushInfo")):
        raise RequestRefusedError(Reason("must.be.not.null", "phone"))
    phone, email = contact.get("phone"), contact.get("email")
    if phone is not None:
        _need(isinstance(phone, str), "phone", phone)
        digits = phone.removeprefix("+") if behaviour.accepts_plus else phone
        _need(_PHONE.fullmatch(digits) is not None, "phone", phone)
    if email is not None:
        _need(isinstance(email, str) and _EMAIL.fullmatch(email) is not None, "email", email)


def _declared(item: object, where: str, behaviour: DevinoBehaviour) -> Mapping[str, Any]:
    """A field of a list that is to be made; its type is a number, whatever the table says (T22)."""
    declared = _object(item, where, {"name", "displayName", "type", "values"}, behaviour)
    for name in ("name", "displayName"):
        text = declared.get(name, "" if name == "name" else "-")
        _need(isinstance(text, str) and text != "", f"{where}.{name}", text)
    kind = declared.get("type", 3)
    _need(type(kind) is int and kind in _FIELD_TYPES, f"{where}.type", kind)
    values = declared.get("values", [])
    _need(_is_text_list(values), f"{where}.values", values)
    return {"type": 3, **declared, "isDefault": False}


def _filled(item: object, contacts: ContactList, behaviour: DevinoBehaviour) -> Mapping[str, Any]:
    """What a contact has in one field: text, or a list of it (T22).

    Numbers, truths and objects are taken, too: how such fields are written is not documented.
    """
    filled = _object(item, "fields", {"name", "displayName", "type", "value"}, behaviour)
    name, value = filled.get("name"), filled.get("value")
    _need(isinstance(name, str) and name != "", "fields.name", name)
    declared = next((each for each in _fields_of(contacts) if each["name"] == name), None)
    undeclared = behaviour.address_book.accepts_undeclared_fields
    _need(declared is not None or undeclared, str(name), name)
    _need(value is not None, str(name), value)
    values = value if isinstance(value, list) else [value]
    possible = (declared or {}).get("values")
    _need(not possible or all(each in possible for each in values), str(name), value)
    return {**filled, "value": value}


def _check_device(item: object, behaviour: DevinoBehaviour) -> None:
    device = _object(item, "pushInfo", {"appId", "os", "pushToken"}, behaviour)
    for name in ("appId", "pushToken"):
        text = device.get(name)
        _need(isinstance(text, str) and text != "", f"pushInfo.{name}", text)
    _need(type(device.get("os")) is int, "pushInfo.os", device.get("os"))


def _fields_of(contacts: ContactList) -> Sequence[Mapping[str, Any]]:
    return (*BASIC_FIELDS, *contacts.fields)


def _object(
    item: object, where: str | None, known: Collection[str], behaviour: DevinoBehaviour
) -> dict[str, Any]:
    """A JSON object without what is null in it."""
    if not isinstance(item, dict):
        raise RequestRefusedError(Reason("invalid", where, item))
    if not behaviour.accepts_unknown_fields:
        for name in item.keys() - known:
            raise RequestRefusedError(Reason("invalid", name, item[name]))
    return {name: value for name, value in item.items() if value is not None}


def _is_text_list(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(each, str) for each in values)


def _need(is_right: bool, where: str, value: object) -> None:  # noqa: FBT001 - reads like a check
    if not is_right:
        raise RequestRefusedError(Reason("invalid", where, value))
