"""Questions to the address book and deletions: how they are written, what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from devino_async.address_book import (
    LARGEST_DELETION,
    ListType,
    contacts_request,
    delete_lists_request,
    lists_request,
)
from devino_async.zone import account_zone
from omni_common.errors import InvalidMessageError, InvalidQueryError
from omni_common.exchange import Operation

LIST_ID = "3576505602081984000"
NAIVE = datetime(2022, 10, 22, 18, 14, 21)  # noqa: DTZ001 - a time on the wall, as Devino has it


# --- Listing --------------------------------------------------------------------------------------


def test_lists_are_asked_for_with_nothing_that_was_not_said() -> None:
    request = lists_request()
    assert (request.method, request.target) == ("GET", "/address-book-api/contact-groups")
    assert (request.operation, request.body) == (Operation.READ, None)


def test_t16_t32_every_filter_of_lists_stands_in_the_query_as_it_is_encoded() -> None:
    request = lists_request(
        limit=10,
        offset=0,
        name="My list",
        created_from=NAIVE,
        created_to=NAIVE + timedelta(days=1),
        type=[ListType.STANDARD, "PUSH"],
        zone_offset=timedelta(hours=3),
        auto_delete_enabled=False,
    )
    assert request.target == (
        "/address-book-api/contact-groups?limit=10&offset=0&name=My+list"
        "&from=2022-10-22+18%3A14%3A21&to=2022-10-23+18%3A14%3A21"
        "&type=STANDARD&type=PUSH&zoneOffset=180&autoDeleteEnabled=false"
    )


def test_one_type_need_not_be_put_into_a_list() -> None:
    assert lists_request(type="PUSH").query == (("type", "PUSH"),)
    assert lists_request(type=ListType.PUSH).query == (("type", "PUSH"),)


def test_t30_a_time_with_a_zone_needs_the_accounts_zone() -> None:
    aware = NAIVE.replace(tzinfo=UTC)
    with pytest.raises(InvalidQueryError, match="account_zone") as refused:
        lists_request(created_from=aware)
    assert refused.value.field == "created_from"
    moscow = account_zone("+03:00")
    assert lists_request(created_to=aware, zone=moscow).query == (("to", "2022-10-22 21:14:21"),)
    assert lists_request(created_to=NAIVE, zone=moscow).query == (("to", "2022-10-22 18:14:21"),)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("limit", [0, -1, "10", True]),
        ("offset", [-1, 1.0]),
        ("name", ["", 5, "\ud83d"]),
        ("created_from", ["2022-10-22 18:14:21", 0, "", NAIVE.replace(microsecond=1)]),
        ("created_to", [5, NAIVE.date()]),
        ("type", ["", [], 5, [None], ["STANDARD", 5], b"PUSH", iter(["PUSH"])]),
        ("zone_offset", [180, timedelta(seconds=1)]),
        ("auto_delete_enabled", ["true", 1]),
    ],
)
def test_a_malformed_filter_of_lists_is_refused_by_its_name(field: str, values: list[Any]) -> None:
    for value in values:
        arguments: dict[str, Any] = {field: value}
        with pytest.raises(InvalidQueryError) as refused:
            lists_request(**arguments)
        assert (refused.value.field, refused.value.provider) == (field, "devino")


def test_t18_the_contacts_of_a_list_are_asked_for_by_its_id_as_text() -> None:
    request = contacts_request(LIST_ID)
    assert (request.method, request.operation) == ("GET", Operation.READ)
    assert request.target == (
        "/address-book-api/contacts/http/range?contactGroupId=3576505602081984000"
    )


def test_every_filter_of_contacts_stands_in_the_query() -> None:
    request = contacts_request(
        "17",
        limit=10,
        offset=20,
        desc_order=True,
        push_token="to/ken",
        query_name="name",
        query_operator="=",
        query_value="Ann & Bob",
        segment_id="5",
        sort_by_field="CreationDate",
        subscription_channel="EMAIL",
        subscription_state="any",
        zone_offset=timedelta(minutes=-90),
    )
    assert request.target == (
        "/address-book-api/contacts/http/range?contactGroupId=17&limit=10&offset=20&descOrder=true"
        "&pushToken=to%2Fken&queryName=name&queryOperator=%3D&queryValue=Ann+%26+Bob&segmentId=5"
        "&sortByField=CreationDate&subscriptionChannel=EMAIL&subscriptionState=any&zoneOffset=-90"
    )


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("list_id", ["", None, 17, "\ud83d"]),
        ("limit", [0, "10"]),
        ("offset", [-1]),
        ("desc_order", ["true", 1]),
        ("zone_offset", [60]),
        *(
            (name, ["", 5])
            for name in ("push_token", "query_name", "query_operator", "query_value", "segment_id")
        ),
        *((name, [""]) for name in ("sort_by_field", "subscription_channel", "subscription_state")),
    ],
)
def test_a_malformed_filter_of_contacts_is_refused_by_its_name(
    field: str, values: list[Any]
) -> None:
    for value in values:
        arguments: dict[str, Any] = {"list_id": "17", field: value}
        with pytest.raises(InvalidQueryError) as refused:
            contacts_request(**arguments)
        assert (refused.value.field, refused.value.provider) == (field, "devino")


# --- Deleting -------------------------------------------------------------------------------------


def test_t13_t16_lists_are_deleted_where_they_are_made_with_the_ids_repeated() -> None:
    request = delete_lists_request(["5435476543542", "435467586654"])
    assert (request.method, request.body) == ("DELETE", None)
    assert request.target == ("/address-book-api/contact-groups?ids=5435476543542&ids=435467586654")
    assert request.operation is Operation.IDEMPOTENT_WRITE


def test_t19_any_text_may_be_an_id() -> None:
    request = delete_lists_request(["a b&c", "234567865432456787634"])
    assert request.target.endswith("?ids=a+b%26c&ids=234567865432456787634")


def test_the_ids_of_one_call_fit_into_an_address() -> None:
    request = delete_lists_request(["3576505602081984000"] * LARGEST_DELETION)
    assert len(request.target) < 2_500
    for count in (0, LARGEST_DELETION + 1):
        with pytest.raises(InvalidMessageError, match="1 to 100") as refused:
            delete_lists_request(["1"] * count)
        assert refused.value.field == "list_ids"


@pytest.mark.parametrize("list_ids", ["12", b"3", None, 5, iter(["1"]), {"1"}])
def test_what_is_no_list_of_ids_is_not_deleted(list_ids: Any) -> None:
    with pytest.raises(InvalidMessageError, match="must be a list") as refused:
        delete_lists_request(list_ids)
    assert refused.value.field == "list_ids"


@pytest.mark.parametrize("list_id", ["", None, 17, "\ud83d"])
def test_what_cannot_be_an_id_is_not_deleted(list_id: Any) -> None:
    with pytest.raises(InvalidMessageError) as refused:
        delete_lists_request(["1", list_id])
    assert refused.value.field == "list_ids"
