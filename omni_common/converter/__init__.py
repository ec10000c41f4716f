"""JSON and typed objects: strict where the standard tools would guess.

:func:`dumps` and :func:`loads` turn plain values into UTF-8 JSON and back. They use orjson where it
is installed (extra ``speed``) and the standard library otherwise. The standard library is the
reference: orjson is a fast path, taken only where both give the same, so that installing it can
never change a message.

:func:`make_converter` makes the cattrs converter that turns attrs objects into plain values and
back. Text stays text and numbers stay numbers: ``null`` never becomes ``"None"``, ``true`` never
``1``, a text never a list of its letters. Where a vendor is known to vary, a field asks for
leniency by its type: :data:`LenientText`, :data:`LenientInt`, :data:`LenientDecimal`,
:data:`LenientBool`.
"""

from omni_common.converter._json import (
    STANDARD_JSON,
    JsonBackend,
    JsonError,
    dumps,
    fastest_json,
    loads,
    orjson_backend,
)
from omni_common.converter._objects import (
    ALWAYS_WRITTEN,
    StructureError,
    make_converter,
    register_tagged_union,
    structure,
)
from omni_common.converter._values import LenientBool, LenientDecimal, LenientInt, LenientText

__all__ = [
    "ALWAYS_WRITTEN",
    "STANDARD_JSON",
    "JsonBackend",
    "JsonError",
    "LenientBool",
    "LenientDecimal",
    "LenientInt",
    "LenientText",
    "StructureError",
    "dumps",
    "fastest_json",
    "loads",
    "make_converter",
    "orjson_backend",
    "register_tagged_union",
    "structure",
]
