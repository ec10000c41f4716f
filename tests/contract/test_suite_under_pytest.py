"""How the contract suite behaves in an author's own test run."""

from __future__ import annotations

from inspect import cleandoc

import pytest

from omni_common import testing

pytest_plugins = ["pytester"]

# What the example says of a vendor that does not exist, and what is true of one that does.
ACME_IS_MESSENTE = {
    "from acme_omni.sandbox import AcmeEmulator": (
        "from messente_async.sandbox import MessenteEmulator as AcmeEmulator"
    ),
    'f"acme://WRONG@{self.emulator.authority}"': (
        'f"messente://user:WRONG@{self.emulator.authority}/v1"'
    ),
    '"acme://KEY@127.0.0.1:1?max_attempts=1"': (
        '"messente://user:KEY@127.0.0.1:1/v1?max_attempts=1"'
    ),
    '"acme:0"': '"messente:0"',
    '"acme.delivery"': '"messente.delivery"',
    "self.emulator.key": "self.emulator.password",
}
PIGEONS = """
    from omni_common import OmniProvider
    from omni_common.testing import ProviderContract
    from tests.third_party.carrier_pigeon import PigeonProvider


    class TestPigeon(ProviderContract):
        def connect(self) -> OmniProvider:
            return PigeonProvider("keeper", "coo", loft="street")
"""
NEEDS_MORE = "test_a_refused_message_is_not_sent"


def run(pytester: pytest.Pytester, source: str, mode: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(source)
    scope = "asyncio_default_fixture_loop_scope = function"
    pytester.makeini(f"[pytest]\nasyncio_mode = {mode}\n{scope}\nfilterwarnings = error\n")
    settings = ("-p", "no:randomly", "-p", "no:cacheprovider", "-rs")
    return pytester.runpytest_inprocess(*settings, *options)


def example() -> str:
    """The test file in the package's documentation, about a vendor that exists."""
    _, _, indented = str(testing.__doc__).partition("::\n\n")
    lines = [line for line in indented.splitlines() if not line or line.startswith("    ")]
    text = cleandoc("\n".join(lines))
    for imagined, real in ACME_IS_MESSENTE.items():
        assert imagined in text
        text = text.replace(imagined, real)
    return text


def test_the_documented_example_passes_whole_in_strict_mode(pytester: pytest.Pytester) -> None:
    result = run(pytester, example(), "strict")
    outcomes = result.parseoutcomes()
    assert set(outcomes) == {"passed"}, outcomes
    assert outcomes["passed"] > 60


@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_a_test_for_want_of_a_hook_is_skipped_and_names_it(
    pytester: pytest.Pytester, mode: str
) -> None:
    result = run(pytester, PIGEONS, mode, "-k", f"{NEEDS_MORE} or at_the_same_time")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["*write refused_message() in TestPigeon to prove this*"])


def test_where_nothing_may_be_skipped_a_missing_hook_is_a_failure(
    pytester: pytest.Pytester,
) -> None:
    source = f"{PIGEONS}\n        skips_allowed = False\n"
    result = run(pytester, source, "auto", "-k", NEEDS_MORE)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*write refused_message() in TestPigeon to prove this*"])


def test_connect_alone_is_enough_to_begin_with(pytester: pytest.Pytester) -> None:
    result = run(pytester, PIGEONS, "strict", "-k", "not registered")
    outcomes = result.parseoutcomes()
    assert set(outcomes) == {"passed", "skipped", "deselected"}, outcomes
    assert outcomes["passed"] > outcomes["skipped"]


def test_connect_has_to_be_written(pytester: pytest.Pytester) -> None:
    source = PIGEONS.replace("def connect", "def disconnect")
    result = run(pytester, source, "auto", "-k", NEEDS_MORE)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*TestPigeon has to write connect()*"])


def test_a_failure_says_what_was_promised_and_what_came(pytester: pytest.Pytester) -> None:
    source = """
        from tests.contract.untrue_outcomes import Doubling
        from tests.contract.pigeons import PigeonContract

        class TestDoubling(PigeonContract):
            def open(self, word, loft):
                return Doubling("keeper", word, loft=loft)
    """
    result = run(pytester, source, "auto", "-k", "arrives_once")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*AssertionError: one send() is one message*", "*assert 2 == 1*"])
