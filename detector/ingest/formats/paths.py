"""Where a value lies in a record: the small language of paths that formats and users' mappings are written in.

=====================================  ==========================================================================
``user.screen_name``                   the value at `screen_name` of the object at `user`; a CSV column may also
                                       have this name as it stands
``langs.0``                            the first of a list
``refs[type=replied_to].id``           of the first object in the list `refs` whose `type` is `replied_to`
``const:facebook``                     the word `facebook`, for every record
=====================================  ==========================================================================
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]
"""A JSON object, or a row of a table by its column names (all values are strings then)."""

Getter = Callable[[Record], Any]

Source = str | Getter | Sequence["str | Getter"]
"""A path, a function of the record, or several of these of which the first that gives a value is taken."""

_CONST = "const:"
_STEP = re.compile(r"([^.\[\]]+)(?:\[([^\[\]=]+)=([^\[\]]*)\])?")


def compile_source(source: Source) -> Getter:
    """Return the function that takes a value out of a record; None stands for no value.

    Raises
    ------
    ValueError
        A path is written wrongly.

    Examples
    --------
    >>> author = compile_source(["user.name", "from[kind=person].name", "const:nobody"])
    >>> author({"user": None, "from": [{"kind": "page"}, {"kind": "person", "name": "B"}]}), author({})
    ('B', 'nobody')
    """
    if isinstance(source, str):
        return _compile_path(source)
    if callable(source):
        return source
    getters = [compile_source(part) for part in source]
    return _first(getters) if len(getters) != 1 else getters[0]


def _first(getters: Sequence[Getter]) -> Getter:
    def get(record: Record) -> Any:  # noqa: ANN401
        for getter in getters:
            value = getter(record)
            if value is not None and value != "":
                return value
        return None

    return get


def _compile_path(path: str) -> Getter:
    if path.startswith(_CONST):
        word = path.removeprefix(_CONST)
        return lambda _: word
    if not path:
        raise ValueError("a path is empty")
    if "." not in path and "[" not in path:
        return lambda record: record.get(path)
    steps = _steps(path)

    def get(record: Record) -> Any:  # noqa: ANN401
        value = record.get(path)
        if value is not None:
            return value
        value = record
        for step in steps:
            value = step(value)
            if value is None:
                return None
        return value

    return get


def _steps(path: str) -> list[Callable[[Any], Any]]:
    steps: list[Callable[[Any], Any]] = []
    end = -1
    for match in _STEP.finditer(path):
        if match.start() != end + 1:
            break
        end = match.end()
        name, key, wanted = match.groups()
        steps.append(_into(name))
        if key is not None:
            steps.append(_among(key, wanted))
    if end != len(path):
        raise ValueError(f"the path {path!r} is not written as name.name, name.0 or name[key=value].name")
    return steps


def _into(name: str) -> Callable[[Any], Any]:
    index = int(name) if name.isdecimal() else None

    def step(value: Any) -> Any:  # noqa: ANN401
        if type(value) is dict:
            return value.get(name)
        if index is not None and isinstance(value, list):
            return value[index] if index < len(value) else None
        return None

    return step


def _among(key: str, wanted: str) -> Callable[[Any], Any]:
    def step(value: Any) -> Any:  # noqa: ANN401
        items = value if isinstance(value, list) else ()
        return next((item for item in items if isinstance(item, dict) and item.get(key) == wanted), None)

    return step
