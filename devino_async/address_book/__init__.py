"""Devino's address book: make contact lists, fill, read and delete them."""

from devino_async.address_book.contacts import (
    Contact,
    ContactFilters,
    StoredPushInfo,
    UnsubscribedChannel,
    UnsubscribedData,
    contacts_request,
    read_contacts,
)
from devino_async.address_book.deletion import (
    LARGEST_DELETION,
    ListDeletion,
    delete_lists_request,
    read_deletions,
)
from devino_async.address_book.fields import (
    ContactField,
    FieldType,
    FieldValue,
    ListField,
    StoredField,
)
from devino_async.address_book.lists import (
    ContactList,
    ListFilters,
    ListType,
    create_list_request,
    lists_request,
    read_list_id,
    read_lists,
)
from devino_async.address_book.resource import UPLOAD_SIZE, AddressBookResource
from devino_async.address_book.upload import (
    ContactResult,
    ContactUpload,
    NewContact,
    PushInfo,
    read_contact_results,
)

__all__ = [
    "LARGEST_DELETION",
    "UPLOAD_SIZE",
    "AddressBookResource",
    "Contact",
    "ContactField",
    "ContactFilters",
    "ContactList",
    "ContactResult",
    "ContactUpload",
    "FieldType",
    "FieldValue",
    "ListDeletion",
    "ListField",
    "ListFilters",
    "ListType",
    "NewContact",
    "PushInfo",
    "StoredField",
    "StoredPushInfo",
    "UnsubscribedChannel",
    "UnsubscribedData",
    "contacts_request",
    "create_list_request",
    "delete_lists_request",
    "lists_request",
    "read_contact_results",
    "read_contacts",
    "read_deletions",
    "read_list_id",
    "read_lists",
]
