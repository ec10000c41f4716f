"""A credential that cannot be printed, logged or stored by accident."""

from __future__ import annotations

import hmac
from typing import Never, final

__all__ = ["Secret"]

_MASK = "***"
_NO_PICKLE = "a secret cannot be pickled; build the client anew on the other side"


@final
class Secret:
    """A text that leaves only through :meth:`reveal`.

    It is masked in ``repr``, ``str``, ``format`` and f-strings, and refuses pickling; JSON
    libraries do not know it and refuse it too. Copies are the object itself, since it never
    changes. Two secrets are equal when their texts are, compared in constant time; a secret never
    equals a plain ``str``. It has no hash, no length and no truth of its own: each would tell
    something about the text.
    """

    __slots__ = ("_text",)

    _text: str

    def __init__(self, text: str | Secret) -> None:
        """Wrap *text*; a secret is taken as it is, so that callers may pass either.

        Raises:
            TypeError: *text* is neither a ``str`` nor a ``Secret``.
        """
        if isinstance(text, Secret):
            text = text.reveal()
        if not isinstance(text, str):
            raise TypeError(f"a secret is made of a str, not of {type(text).__name__}")
        object.__setattr__(self, "_text", text)

    def reveal(self) -> str:
        """Return the text itself: call this where it is put on the wire, and nowhere else."""
        return self._text

    def __repr__(self) -> str:
        """Return a mask of fixed length."""
        return f"Secret({_MASK!r})"

    def __str__(self) -> str:
        """Return a mask of fixed length."""
        return _MASK

    def __format__(self, spec: str) -> str:
        """Return the mask, whatever the format specification asks for."""
        return _MASK

    def __eq__(self, other: object) -> bool:
        """Compare in a time that does not depend on where the texts differ."""
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_encoded(self._text), _encoded(other._text))

    __hash__ = None  # type: ignore[assignment]  # the way Python spells "unhashable"

    def __setattr__(self, name: str, value: object) -> Never:
        """Refuse: a secret is immutable."""
        raise AttributeError("a secret cannot be changed")

    def __delattr__(self, name: str) -> Never:
        """Refuse: a secret is immutable."""
        raise AttributeError("a secret cannot be changed")

    def __copy__(self) -> Secret:
        """Return the object itself: it never changes."""
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        """Return the object itself: it never changes."""
        return self

    def __reduce_ex__(self, protocol: object) -> Never:
        """Refuse: a pickle would hold the text in the clear."""
        raise TypeError(_NO_PICKLE)

    def __reduce__(self) -> Never:
        """Refuse: a pickle would hold the text in the clear."""
        raise TypeError(_NO_PICKLE)

    def __getstate__(self) -> Never:
        """Refuse: the state is the text in the clear."""
        raise TypeError(_NO_PICKLE)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
