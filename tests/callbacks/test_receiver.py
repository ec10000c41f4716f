"""What a receiver decides: which posts it takes, what it answers, and where vendors reach it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from functools import partial
from typing import Any

import pytest
from attrs import evolve

from devino_async import DevinoProvider
from messente_async import MessenteProvider
from omni_common import (
    Capabilities,
    ConfigurationError,
    DeliveryReport,
    DeliveryState,
    Email,
    InvalidMessageError,
    Message,
    Secret,
    Sms,
    UnsupportedMessageError,
    Viber,
    WhatsApp,
)
from omni_common.callbacks import CallbackReceiver, Event, sign
from tests.callbacks.genuine import AREAS, BODIES, SECRETS, SIGNED, UNSIGNED, Post, genuine
from tests.support.documented_posts import SMS_STATUS, posted

TOKEN = "a-token-of-a-path"
BASE = "https://shop.example/callbacks"


def receiver(**settings: Any) -> CallbackReceiver:
    return CallbackReceiver(repr, **({"secrets": SECRETS} | settings))


async def answer(to: CallbackReceiver, post: Post) -> int:
    return (await to.receive(post.method, post.path, post.headers, post.body)).status


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("secret", [None, "", "  ", [], [None], ["", "x" * 20], b"x" * 20, 5])
def test_without_a_usable_secret_no_receiver_is_made(area: str, secret: Any) -> None:
    with pytest.raises(ConfigurationError) as refused:
        receiver(secrets={**SECRETS, area: secret})
    assert (refused.value.field, refused.value.provider) == ("secrets", area.partition(".")[0])
    assert area in str(refused.value)


@pytest.mark.parametrize("area", UNSIGNED)
@pytest.mark.parametrize(
    "token", ["short", "x" * 15, "token/of/a/path/indeed", "a token of a path", "é" * 16]
)
def test_t68_a_weak_token_is_refused_and_not_quoted(area: str, token: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        receiver(secrets={area: [TOKEN, token]})
    assert refused.value.field == "secrets"
    assert token not in str(refused.value)


@pytest.mark.parametrize("secrets", [{}, None, [], "devino.sms", {None: TOKEN}])
def test_without_any_area_no_receiver_is_made(secrets: Any) -> None:
    with pytest.raises(ConfigurationError) as refused:
        receiver(secrets=secrets)
    assert refused.value.field == "secrets"


def test_an_area_that_does_not_exist_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ConfigurationError, match=r"did you mean devino\.sms\?"):
        receiver(secrets={"devino.smss": TOKEN})


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("size_limit", 0),
        ("size_limit", True),
        ("size_limit", 1.5),
        ("remembered", -1),
        ("remembered", None),
        ("access_loggers", "my.access"),
        ("base_url", "shop.example"),
        ("base_url", "ftp://shop.example"),
        ("base_url", f"{BASE}?x=1"),
        ("base_url", f"{BASE}#x"),
        ("base_url", "https://user:password@shop.example"),
        ("base_url", "http://shop.example"),
        ("base_url", 5),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(setting: str, value: Any) -> None:
    with pytest.raises(ConfigurationError) as refused:
        receiver(**{setting: value})
    assert refused.value.field == setting


def test_a_handler_that_is_no_function_is_refused() -> None:
    with pytest.raises(ConfigurationError) as refused:
        CallbackReceiver("print", secrets=SECRETS)  # type: ignore[arg-type]
    assert refused.value.field == "handler"


def test_a_handler_that_yields_is_refused() -> None:
    def steps(event: Event) -> Iterator[Event]:
        yield event

    async def asynchronous_steps(event: Event) -> AsyncIterator[Event]:
        yield event

    class Handler:
        def __call__(self, event: Event) -> Iterator[Event]:
            yield event

        async def method(self, event: Event) -> AsyncIterator[Event]:
            yield event

    for handler in (steps, asynchronous_steps, Handler(), Handler().method, partial(steps)):
        with pytest.raises(ConfigurationError, match="must not yield") as refused:
            CallbackReceiver(handler, secrets=SECRETS)
        assert refused.value.field == "handler"


def test_secrets_may_be_of_the_kind_that_shows_nothing() -> None:
    made = receiver(secrets={"devino.sms": [Secret(TOKEN)]}, base_url=BASE)
    assert made.url("devino.sms") == f"{BASE}/devino/sms/{TOKEN}"
    assert TOKEN not in repr(made) + repr(vars(made))


async def test_an_area_without_secrets_does_not_exist() -> None:
    few = receiver(secrets={"messente.delivery": "password", "devino.sms": TOKEN})
    for area in AREAS:
        assert await answer(few, genuine(area)) in {403, 404}
    assert await answer(few, genuine("messente.inbound")) == 404
    assert await answer(few, genuine("devino.omni")) == 404


async def test_a_token_does_not_stand_in_for_a_signature_nor_the_other_way_round() -> None:
    both = receiver(secrets={"messente.delivery": TOKEN, "devino.sms": TOKEN})
    for area in ("messente.delivery", "devino.sms"):
        post = genuine(area, secret=TOKEN)
        assert await answer(both, post) == 200
        assert await answer(both, evolve(post, path=f"{post.path}/{TOKEN}")) == 404
        bare = evolve(post, path=post.path.removesuffix(f"/{TOKEN}"), headers=())
        assert await answer(both, bare) in {403, 404}


def test_what_is_known_before_the_body_comes_is_refused_without_it() -> None:
    made = receiver(size_limit=10)
    for area in AREAS:
        post = genuine(area)
        assert made.refusal("POST", post.path) is None
        assert made.refusal("POST", post.path, 10) is None
        refusals = [
            made.refusal("POST", post.path, 11),
            made.refusal("GET", post.path, 11),
            made.refusal("GET", f"{post.path}/", 11),
        ]
        assert [each and each.status for each in refusals] == [413, 405, 404]


def test_a_wrong_token_is_answered_like_a_path_that_does_not_exist() -> None:
    made = receiver()
    for method in ("POST", "GET"):
        wrong = made.refusal(method, "/devino/sms/another-token-of-a-path")
        assert wrong is not None
        assert wrong == made.refusal(method, "/no/such/path")


async def test_headers_may_be_a_mapping_or_pairs_of_texts_or_bytes() -> None:
    post = genuine("messente.delivery")
    made = receiver()
    pairs = [(name.upper(), value) for name, value in post.headers]
    encoded = [(name.lower().encode(), value.encode()) for name, value in post.headers]
    for headers in (dict(post.headers), pairs, encoded, iter(pairs)):
        assert (await made.receive("POST", post.path, headers, post.body)).status == 200


def test_an_url_ends_with_the_first_token_where_the_vendor_does_not_sign() -> None:
    made = receiver(base_url=f"{BASE}/")
    for area in SIGNED:
        assert made.url(area) == f"{BASE}{genuine(area).path}"
    for area in UNSIGNED:
        newer, older = SECRETS[area]
        assert made.url(area) == f"{BASE}{genuine(area).path}"
        assert made.url(area).endswith(f"/{newer}")
        assert older not in made.url(area)


def test_there_is_no_url_without_a_base_or_secrets() -> None:
    with pytest.raises(ConfigurationError) as refused:
        receiver().url("devino.sms")
    assert refused.value.field == "base_url"
    few = receiver(secrets={"messente.delivery": "password"}, base_url=BASE)
    with pytest.raises(
        ConfigurationError, match=r"devino\.sms; there are some for messente"
    ) as refused:
        few.url("devino.sms")
    assert refused.value.field == "secrets"


@pytest.mark.parametrize(
    ("base", "settings"),
    [
        ("http://127.0.0.1:8080/x", {}),
        ("http://localhost", {}),
        ("http://callbacks:8080", {"insecure": True}),
    ],
)
def test_plain_http_is_for_this_machine_unless_it_is_asked_for(
    base: str, settings: dict[str, Any]
) -> None:
    made = receiver(base_url=base, **settings)
    assert made.url("messente.delivery") == f"{base}/messente/delivery"


@pytest.fixture
async def messente() -> Capabilities:
    return MessenteProvider("user", "password").capabilities


@pytest.fixture
async def devino() -> Capabilities:
    return DevinoProvider("key").capabilities


def test_a_message_is_addressed_to_the_area_of_its_channels(
    messente: Capabilities, devino: Capabilities
) -> None:
    made = receiver(base_url=BASE)
    sms = Message("+37251000000", Sms("Hi"))
    cascade = Message("+37251000000", [Viber("Hi"), Sms("Hi")])
    addressed = {
        (each.provider, message.channels): made.addressed(message, each)
        for each in (messente, devino)
        for message in (sms, cascade)
    }
    assert [each.callback_url for each in addressed.values()] == [
        made.url("messente.delivery"),
        made.url("messente.delivery"),
        made.url("devino.sms"),
        made.url("devino.omni"),
    ]
    assert addressed["messente", sms.channels] == evolve(
        sms, callback_url=made.url("messente.delivery")
    )
    again = made.addressed(addressed["devino", sms.channels], devino)
    assert again == addressed["devino", sms.channels]
    assert not any(secret in repr(again) for pair in SECRETS.values() for secret in pair)


def test_a_message_that_cannot_have_an_url_of_its_own_is_not_addressed(
    messente: Capabilities, devino: Capabilities
) -> None:
    made = receiver(base_url=BASE)
    letter = Message("ann@example.com", Email("Hi", subject="Hi"), reference="r1")
    with pytest.raises(UnsupportedMessageError, match=r"devino\.email once") as unsupported:
        made.addressed(letter, devino)
    assert (unsupported.value.field, unsupported.value.reference) == ("callback_url", "r1")
    whatsapp = Message("+37251000000", WhatsApp("Hi"))
    with pytest.raises(UnsupportedMessageError, match="devino takes no callback_url"):
        made.addressed(whatsapp, devino)
    with pytest.raises(UnsupportedMessageError, match="messente takes no callback_url"):
        made.addressed(letter, messente)


def test_an_address_that_a_message_has_is_not_replaced(devino: Capabilities) -> None:
    other = Message("+37251000000", Sms("Hi"), callback_url="https://other.example/x")
    with pytest.raises(InvalidMessageError) as refused:
        receiver(base_url=BASE).addressed(other, devino)
    assert (refused.value.field, refused.value.provider) == ("callback_url", "devino")


def test_a_message_is_not_addressed_to_an_area_that_is_not_taken(devino: Capabilities) -> None:
    few = receiver(secrets={"messente.delivery": "password"}, base_url=BASE)
    with pytest.raises(ConfigurationError, match=r"callbacks devino\.sms"):
        few.addressed(Message("+37251000000", Sms("Hi")), devino)


async def test_unknown_statuses_are_delivered_and_counted() -> None:
    events: list[Event] = []
    made = CallbackReceiver(events.append, secrets=SECRETS)
    words = ["TELEPORTED", "DELIVERED", "TELEPORTED", "79101111111", "?" * 200]
    body = posted([{**SMS_STATUS, "status": word, "ts": n} for n, word in enumerate(words, 1)])

    assert await answer(made, genuine("devino.sms", body)) == 200

    assert len(events) == len(words)
    assert {e.parts[0].raw_state for e in unknown(events)} == set(words) - {"DELIVERED"}
    counts = made.unknown_states
    assert counts == {
        ("devino.sms", "TELEPORTED"): 2,
        ("devino.sms", "<11 characters>"): 1,
        ("devino.sms", "<200 characters>"): 1,
    }
    counts.clear()
    assert made.unknown_states


def unknown(events: Iterable[Event]) -> list[DeliveryReport]:
    return [
        event
        for event in events
        if isinstance(event, DeliveryReport) and event.state is DeliveryState.UNKNOWN
    ]


async def test_only_so_many_unknown_words_are_counted_apart() -> None:
    made = receiver()
    body = posted([{**SMS_STATUS, "status": f"WORD-{n}"} for n in range(250)])
    await answer(made, genuine("devino.sms", body))
    counts = made.unknown_states
    assert len(counts) == 101
    assert counts["devino.sms", "<others>"] == 150
    assert counts.total() == 250


async def test_whether_a_handler_is_async_is_known() -> None:
    async def handle(event: Event) -> None: ...

    class Handler:
        async def __call__(self, event: Event) -> None: ...

        async def method(self, event: Event) -> None: ...

    made = [
        CallbackReceiver(each, secrets=SECRETS)
        for each in (handle, Handler(), Handler().method, partial(handle))
    ]
    assert all(each.has_async_handler for each in made)
    assert not receiver().has_async_handler
    assert not CallbackReceiver(print, secrets=SECRETS).has_async_handler


def test_the_post_that_sign_makes_is_the_one_that_is_taken() -> None:
    made = receiver()
    for area in AREAS:
        for secret in SECRETS[area]:
            post = sign(area, BODIES[area], secret)
            taken = made.receive_blocking("POST", post.path, post.headers, BODIES[area])
            assert taken.status == 200


async def test_a_receiver_needs_no_running_loop_to_be_made() -> None:
    made = await asyncio.to_thread(receiver)
    assert await answer(made, genuine("devino.sms")) == 200


@pytest.mark.parametrize("secret", ["a-password-of-messente\n", " a-password-of-messente"])
@pytest.mark.parametrize("area", ["messente.delivery", "devino.sms"])
def test_a_secret_with_white_space_around_it_is_refused_with_the_reason(
    area: str, secret: str
) -> None:
    with pytest.raises(ConfigurationError, match="strip it") as refused:
        CallbackReceiver(print, secrets={area: secret})
    assert refused.value.field == "secrets"
    assert "password" not in str(refused.value)
