"""Connection URLs: what they say, and that no error ever quotes them."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given, strategies as st

from omni_common.connection import Connection, parse_url
from omni_common.errors import ConfigurationError
from omni_common.secret import Secret

CANARY = "k4n4ry"


def test_a_url_is_taken_apart_and_decoded() -> None:
    found = parse_url("messente://me%40shop:p%2Bw%2F%3D@default?sender=My%20Shop&timeout=5")
    assert found == Connection(
        provider="messente",
        user=Secret("me@shop"),
        password=Secret("p+w/="),
        base_url=None,
        options={"sender": "My Shop", "timeout": "5"},
    )


def test_one_part_before_the_at_sign_is_left_to_the_provider() -> None:
    found = parse_url("devino://a%2Fb%2Bc%3D@default")
    assert (found.user, found.password) == (Secret("a/b+c="), None)


def test_nothing_before_the_host_leaves_credentials_out() -> None:
    found = parse_url("messente://default")
    assert (found.user, found.password, found.options) == (None, None, {})


def test_a_plus_sign_stays_a_plus_sign() -> None:
    found = parse_url("devino://a+b@default?sender=a+b")
    assert found.user == Secret("a+b")
    assert found.options == {"sender": "a+b"}


def test_a_second_colon_belongs_to_the_password() -> None:
    assert parse_url("messente://me:a:b@default").password == Secret("a:b")


@given(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1))
def test_what_was_percent_encoded_comes_back(user: str, password: str, sender: str) -> None:
    parts = (quote(text, safe="") for text in (user, password, sender))
    found = parse_url("messente://{}:{}@default?sender={}".format(*parts))
    assert found.user == Secret(user)
    assert found.password == Secret(password)
    assert found.options == {"sender": sender}


@pytest.mark.parametrize(
    ("host", "base_url"),
    [
        ("default", None),
        ("DEFAULT/", None),
        ("127.0.0.1:4010/v1", "http://127.0.0.1:4010/v1"),
        ("127.0.0.1:04010", "http://127.0.0.1:4010"),
        ("localhost/", "http://localhost"),
        ("[::1]:8080/v1/", "http://[::1]:8080/v1"),
        ("[2001:db8::1]", "https://[2001:db8::1]"),
        ("api.vendor.example", "https://api.vendor.example"),
        ("10.0.0.1:8443", "https://10.0.0.1:8443"),
        ("vendor.example/a%20b/c", "https://vendor.example/a%20b/c"),
        ("default.example", "https://default.example"),
    ],
)
def test_the_address_is_plain_only_for_this_machine(host: str, base_url: str | None) -> None:
    assert parse_url(f"messente://me:pw@{host}").base_url == base_url


def test_the_scheme_is_lower_case_whatever_was_written() -> None:
    assert parse_url("Messente://default").provider == "messente"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("k4n4ry", "the form is"),
        ("k4n4ry:k4n4ry@default", "the form is"),
        ("://k4n4ry@default", "the form is"),
        ("1k4n4ry://default", "the form is"),
        ("x://k4n4ry:k4n4ry@de[fault", "the form is"),
        ("x://k4n4ry:k4n4ry@a:b:c", "the form is"),
        ("x://k4n4ry:k4n4ry@default ", "invisible character"),
        ("x://k4n4ry:k4n4ry@default\n", "invisible character"),
        ("x://k4n4ry k4n4ry@default", "invisible character"),
        ("x://k4n4ry:k4%n4ry@default", "%25"),
        ("x://k4n4ry:k4%4@default", "%25"),
        ("x://k4n4ry:k4#n4ry@default", "%23"),
        ("x://default#k4n4ry", "%23"),
        ("x://k4n4ry:k4/n4ry@default", "%2F"),
        ("x://k4n4ry:k4?n4ry@default", "%3F"),
        ("x://k4n4ry:k4@n4ry@default", "%40"),
        ("x://default?proxy=http://k4n4ry@proxy", "%40"),
        ("x://k4n4ry:@default", "must not be empty"),
        ("x://:k4n4ry@default", "must not be empty"),
        ("x://@default", "must not be empty"),
        ("x://k4n4ry:k4n4ry@", "the host is missing"),
        ("x://k4n4ry:k4n4ry@/path", "the host is missing"),
        ("x://k4n4ry:k4n4ry@?sender=k4n4ry", "the host is missing"),
        ("x://k4n4ry:k4n4ry@default:80", "without port and path"),
        ("x://k4n4ry:k4n4ry@default/v1", "without port and path"),
        ("x://k4n4ry:k4n4ry@host:", "the port must be"),
        ("x://k4n4ry:k4n4ry@host:0", "the port must be"),
        ("x://k4n4ry:k4n4ry@host:65536", "the port must be"),
        ("x://k4n4ry:k4n4ry@host:٤", "the port must be"),
        ("x://k4n4ry:k4n4ry", "the port must be"),
        ("x://k4n4ry:k4n4ry@-host", "the host must be"),
        ("x://k4n4ry:k4n4ry@ho%20st", "the host must be"),
        ("x://k4n4ry:k4n4ry@[k4n4ry]", "the host must be"),
        ("x://k4n4ry:k4n4ry@h\u00f6st.example", "the host must be"),
        ("x://k4n4ry:k4n4ry@[fe80::1%251]", "the host must be"),
        ("x://default?k4n4ry", "name=value"),
        ("x://default?sender=a&", "name=value"),
        ("x://default?=k4n4ry", "name=value"),
        ("x://k4n4ry:%ff%fek4n4ry@default", "UTF-8"),
        ("x://default?sender=k4n4ry%ff", "UTF-8"),
    ],
)
def test_a_url_of_another_form_is_refused_without_quoting_it(url: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match="the connection URL cannot be read") as caught:
        parse_url(url)
    assert reason in str(caught.value)
    assert CANARY not in str(caught.value)
    assert caught.value.field == "url"
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


@given(st.text())
def test_any_text_is_either_understood_or_refused_without_a_trace(text: str) -> None:
    context = None
    try:
        parse_url(f"messente://{text}")
    except ConfigurationError as error:
        context = error.__context__
    assert context is None


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("sender=k4n4ry&timeout=5&sender=k4n4ry", "sender: given twice in the connection URL"),
        ("sender=k4n4ry&%73ender=k4n4ry", "sender: given twice in the connection URL"),
        ("timeout=5&sender=", "sender: empty in the connection URL"),
        ("a%0Ab=", "<3 characters>: empty in the connection URL"),
        ("a%0Ab=5&a%0Ab=6", "<3 characters>: given twice in the connection URL"),
    ],
)
def test_a_repeated_or_empty_option_is_refused_by_name(query: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason) as caught:
        parse_url(f"messente://default?{query}")
    assert caught.value.field in {"sender", "a\nb"}
    assert CANARY not in str(caught.value)


def test_the_repr_of_a_connection_shows_names_and_no_values() -> None:
    found = parse_url(f"messente://{CANARY}:{CANARY}@vendor.example/{CANARY}?sender={CANARY}")
    assert CANARY not in repr(found)
    assert "options=<sender>, settings=<none>" in repr(found)
    assert "https://vendor.example" in repr(found)
