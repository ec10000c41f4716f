"""Where posts are taken: one path for each area that secrets are given for."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from omni_common.callbacks.area import CallbackArea, callback_area
from omni_common.callbacks.reading import CallbackSecrets, check_genuine, secrets_of
from omni_common.errors import ConfigurationError
from omni_common.redaction import shown_key
from omni_common.secret import Secret

__all__ = ["Entrance", "Entrances"]


@frozen
class Entrance:
    """An area that posts are taken for, and what proves them genuine."""

    area: CallbackArea
    secrets: tuple[Secret, ...] = field(repr=False)

    @property
    def path(self) -> str:
        """The path to give to the vendor; it ends with the first token if that is the proof."""
        if self.area.is_signed:
            return self.area.path
        return f"{self.area.path}/{self.secrets[0].reveal()}"


class Entrances:
    """All areas that posts are taken for, by their paths; there is at least one."""

    def __init__(self, secrets: Mapping[str, CallbackSecrets]) -> None:
        """Load every area named in *secrets*, and check its secrets.

        Raises:
            ConfigurationError: There is none, one does not exist, or a secret is missing, empty
                or too weak.
        """
        if not _is_by_area(secrets):
            msg = (
                "secrets must be a mapping of at least one area, such as devino.sms, to its secret"
            )
            raise ConfigurationError(msg, field="secrets")
        areas = [(callback_area(name), given) for name, given in secrets.items()]
        self._entrances = {
            area.path: Entrance(area, secrets_of(area, given)) for area, given in areas
        }

    @property
    def unsigned(self) -> tuple[str, ...]:
        """The paths that a token follows."""
        return tuple(
            path for path, entrance in self._entrances.items() if not entrance.area.is_signed
        )

    def named(self, area: str) -> Entrance:
        """The entrance of the area called *area*.

        Raises:
            ConfigurationError: No secrets are given for it.
        """
        for entrance in self._entrances.values():
            if entrance.area.name == area:
                return entrance
        names = ", ".join(entrance.area.name for entrance in self._entrances.values())
        raise ConfigurationError(
            f"no secrets are given for the callbacks {shown_key(area)}; there are some for {names}",
            field="secrets",
        )

    def at(self, path: str) -> Entrance | None:
        """The entrance at a request's *path*; None where there is none.

        Raises:
            CallbackRefusedError: A token has to follow, and what follows is none of the good ones.
        """
        signed = self._entrances.get(path)
        if signed is not None and signed.area.is_signed:
            return signed
        head, _, token = path.rpartition("/")
        unsigned = self._entrances.get(head)
        if unsigned is None or unsigned.area.is_signed:
            return None
        check_genuine(unsigned.area, (), b"", unsigned.secrets, token=token)
        return unsigned


def _is_by_area(secrets: object) -> bool:
    named = isinstance(secrets, Mapping) and all(isinstance(name, str) for name in secrets)
    return named and bool(secrets)
