"""What a list holds, where a format may have something else in its place."""

from typing import Any


def objects(value: object) -> list[dict[str, Any]]:
    """Return the objects of a list; of anything else (null, false, an object that stands for none) nothing.

    Examples
    --------
    >>> objects([{"id": 1}, None]), objects(False)
    ([{'id': 1}], [])
    """
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
