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
from typing import Any, NamedTuple

Record = Mapping[str, Any]
"""A JSON object, or a row of a table by its column names (all values are strings then)."""

Getter = Callable[[Record], Any]

ColumnGetter = Callable[[Sequence[Record]], list[Any]]

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


def compile_column(source: Source) -> ColumnGetter:
    """Return the function that takes a value out of each of several records, as `compile_source` does of one.

    Notes
    -----
    A step is taken in all records before the next one, which costs a third of a call for each.

    Examples
    --------
    >>> names = compile_column(["user.name", "id"])
    >>> names([{"id": 1, "user": {"name": "B"}}, {"id": 2, "user": None}, {}])
    ['B', 2, None]
    """
    if isinstance(source, str):
        return _path_column(source)
    if isinstance(source, Made):
        return source.column
    if callable(source):
        return lambda records: [source(record) for record in records]
    columns = [compile_column(part) for part in source]
    return _first_column(columns) if len(columns) != 1 else columns[0]


class Made:
    """What is made of several values of a record: a getter that also works on many records at once.

    `make` takes the values at `sources`, None where there is none, and must bear any.

    Examples
    --------
    >>> initials = Made(lambda first, last: f"{first}"[:1] + f"{last}"[:1], "name.first", "name.last")
    >>> record = {"name": {"first": "Ada", "last": "B"}}
    >>> initials(record), initials.column([record, record])
    ('AB', ['AB', 'AB'])
    """

    def __init__(self, make: Callable[..., Any], *sources: Source) -> None:
        self._make = make
        self._getters = [compile_source(source) for source in sources]
        self._columns = [compile_column(source) for source in sources]

    def __call__(self, record: Record) -> Any:  # noqa: ANN401
        """Return the value for one record."""
        return self._make(*[get(record) for get in self._getters])

    def column(self, records: Sequence[Record]) -> list[Any]:
        """Return the value for each record."""
        return list(map(self._make, *[get(records) for get in self._columns]))


def _first_column(columns: Sequence[ColumnGetter]) -> ColumnGetter:
    def get(records: Sequence[Record]) -> list[Any]:
        values: list[Any] = [None] * len(records)
        missing: Sequence[int] = range(len(records))
        for column in columns:
            # Only where there is no value yet: a function may not bear the other records.
            is_any = len(missing) < len(records)
            found = column([records[i] for i in missing] if is_any else records)
            if "" in found:
                found = [None if value == "" else value for value in found]
            if not is_any:
                values = found
            else:
                for i, value in zip(missing, found, strict=True):
                    values[i] = value
            if None not in found:
                break
            missing = [i for i in missing if values[i] is None]
        return values

    return get


def _path_column(path: str) -> ColumnGetter:
    getter = _compile_path(path)
    if path.startswith(_CONST):
        word = path.removeprefix(_CONST)
        return lambda records: [word] * len(records)
    if "." not in path and "[" not in path:
        return lambda records: [record.get(path) for record in records]
    steps = _steps(path)

    def get(records: Sequence[Record]) -> list[Any]:
        values: Sequence[Any] = [record.get(path) for record in records]
        if values.count(None) < len(values):
            return [getter(record) for record in records]
        values = records
        for step in steps:
            values = step.column(values)
        return list(values)

    return get


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
            value = step.one(value)
            if value is None:
                return None
        return value

    return get


class _Step(NamedTuple):
    """One step into a value, and into each of several."""

    one: Callable[[Any], Any]
    column: Callable[[Sequence[Any]], list[Any]]


def _steps(path: str) -> list[_Step]:
    steps: list[_Step] = []
    end = -1
    for match in _STEP.finditer(path):
        if match.start() != end + 1 or (steps and path[end] != "."):
            break
        end = match.end()
        name, key, wanted = match.groups()
        steps.append(_into(name))
        if key is not None:
            steps.append(_among(key, wanted))
    if end != len(path):
        raise ValueError(f"the path {path!r} is not written as name.name, name.0 or name[key=value].name")
    return steps


def _into(name: str) -> _Step:
    index = int(name) if name.isdecimal() else None

    def one(value: Any) -> Any:  # noqa: ANN401
        if type(value) is dict:
            return value.get(name)
        if index is not None and isinstance(value, list):
            return value[index] if index < len(value) else None
        return None

    if index is not None:
        return _Step(one, lambda values: [one(value) for value in values])
    return _Step(one, lambda values: [value.get(name) if type(value) is dict else None for value in values])


def _among(key: str, wanted: str) -> _Step:
    def one(value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, list):
            for item in value:
                if isinstance(item, dict) and item.get(key) == wanted:
                    return item
        return None

    return _Step(one, lambda values: [None if value is None else one(value) for value in values])
