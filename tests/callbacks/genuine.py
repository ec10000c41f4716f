"""A post of every kind that a receiver takes for genuine: the starting point of every forgery."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from omni_common.callbacks import sign
from tests.support.documented_posts import DOCUMENTED_POSTS, posted

__all__ = ["AREAS", "BODIES", "SECRETS", "SIGNED", "SIZE_LIMIT", "UNSIGNED", "Post", "genuine"]

AREAS = tuple(DOCUMENTED_POSTS)
SIGNED = tuple(name for name in AREAS if name.startswith("messente."))
UNSIGNED = tuple(name for name in AREAS if name.startswith("devino."))
SIZE_LIMIT = 2**20

SECRETS: Mapping[str, tuple[str, str]] = {
    name: (f"new-secret_of-{name.replace('.', '-')}", f"old-secret_of-{name.replace('.', '-')}")
    for name in AREAS
}
"""Two for each area, as while the first replaces the second."""
BODIES: Mapping[str, bytes] = {name: posted([post]) for name, post in DOCUMENTED_POSTS.items()}


@frozen
class Post:
    """A request, to the letter; ``path`` is below where the receiver is mounted."""

    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    method: str = "POST"


def genuine(area: str, body: bytes | None = None, secret: str | None = None) -> Post:
    """What the vendor posts: *body*, or the documented one, proved with the newer secret."""
    body = BODIES[area] if body is None else body
    signed = sign(area, body, secret or SECRETS[area][0])
    return Post(signed.path, tuple(signed.headers.items()), body)
