"""What the documents leave open about the address book."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum

from attrs import frozen

from devino_async.sandbox.switches import checked, switch

__all__ = [
    "AddressBookBehaviour",
    "DeletedId",
    "DeletionOrder",
    "DeletionReasons",
    "EmptyResult",
    "ListId",
    "UnknownList",
    "ValueForm",
]


class ListId(Enum):
    """How the id of a list is written, where it was made and where it is listed."""

    TEXT = "text"
    """A JSON string, as in the vendor's examples."""
    NUMBER = "number"
    """A JSON number, as an upload wants it."""


class DeletedId(Enum):
    """How the answer to a deletion writes the id of a list."""

    TEXT = "text"
    """A JSON string, as in the vendor's example."""
    NUMBER = "number"
    """A JSON number, exact."""
    ROUNDED_NUMBER = "rounded_number"
    """A JSON number that went through a double, as other ids of the vendor's did (T18)."""


class DeletionOrder(Enum):
    """Order of the items that a deletion answers; each tells its id."""

    AS_ASKED = "as_asked"
    REVERSED = "reversed"


class UnknownList(Enum):
    """What a deletion answers for an id that no list has."""

    REJECTED = "rejected"
    """An item that is refused."""
    OK = "ok"
    """An item like that of a list that was deleted."""
    MISSING = "missing"
    """No item."""


class DeletionReasons(Enum):
    """Where the reasons of a refused deletion stand; the vendor's table may be read either way."""

    IN_ITEM = "in_item"
    BESIDE_RESULT = "beside_result"


class EmptyResult(Enum):
    """What ``result`` is where there is nothing to list."""

    LIST = "list"
    NULL = "null"


class ValueForm(Enum):
    """How the value of a contact's field is written (T22)."""

    AS_SENT = "as_sent"
    """As it was uploaded."""
    LIST = "list"
    """An array of texts, as the vendor's table declares it."""


@frozen(kw_only=True, field_transformer=checked)
class AddressBookBehaviour:
    """How the emulator answers where the documents do not say.

    The statuses of refusals, and whether what holds nothing is null or absent, are decided by the
    switches that all calls share.
    """

    list_id: ListId = ListId.TEXT
    """How the id of a list is written."""
    deleted_id: DeletedId = DeletedId.TEXT
    """How a deletion writes it."""
    deletion_order: DeletionOrder = DeletionOrder.AS_ASKED
    """Order of the items that a deletion answers."""
    unknown_list: UnknownList = UnknownList.REJECTED
    """What a deletion answers for an id that no list has."""
    deletion_reasons: DeletionReasons = DeletionReasons.IN_ITEM
    """Where the reasons of a refused deletion stand."""

    default_limit: int | None = switch(20, others=(None,))
    """Rows of an answer that no ``limit`` was asked for; None gives all."""
    longest_page: int | None = switch(None, others=(50,))
    """The most rows of an answer, whatever ``limit`` asks for; None sets no bound."""
    empty_result: EmptyResult = EmptyResult.LIST
    """What ``result`` is where there is nothing to list."""
    newest_first: bool = False
    """Order of lists, and of contacts that no order was asked for."""
    name_is_part: bool = False
    """Whether the filter ``name`` finds lists whose name holds it, or only those that have it."""

    counts_as_text: bool = True
    """Whether counts are strings, as in the example, or the numbers they are declared as (T21)."""
    last_update_key: str = switch("lastUpdate", others=("last update",))
    """How a contact's ``lastUpdate`` is named: by the example, or by the table (T77)."""
    value_form: ValueForm = ValueForm.AS_SENT
    """How the value of a contact's field is written."""
    shows_empty_fields: bool = True
    """Whether a contact shows fields of its list that it has nothing in, as in the example."""

    dates_offset: timedelta = switch(timedelta(), others=(timedelta(hours=3),))
    """What the zone of dates is ahead of UTC; Moscow is three hours (T30)."""
    zone_offset_moves_dates: bool = True
    """Whether ``zoneOffset`` takes the place of that zone, in filters and answers alike (T35)."""
    accepts_undeclared_fields: bool = False
    """Whether contacts may have fields that neither the list nor the vendor names. Refusing them
    finds misspelt names; the vendor's own habit is not documented."""
