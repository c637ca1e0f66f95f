"""Find coordinated comment campaigns in exported comments, with the evidence for and against.

>>> import detector
>>> result = detector.scan([{"text": "Well said!", "author_id": "1"}, {"text": "Shame.", "author_id": "2"}])
>>> result.campaigns.height
0
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detector import schema as schemas
    from detector.config import Config
    from detector.errors import DetectorError
    from detector.ingest.read import read_comments
    from detector.lab.evaluate import evaluate
    from detector.lab.simulate import simulate
    from detector.pipeline import scan
    from detector.result import Result

__all__ = ["Config", "DetectorError", "Result", "evaluate", "read_comments", "scan", "schemas", "simulate"]

_HOMES = {
    "Config": "detector.config",
    "DetectorError": "detector.errors",
    "Result": "detector.result",
    "evaluate": "detector.lab.evaluate",
    "read_comments": "detector.ingest.read",
    "scan": "detector.pipeline",
    "simulate": "detector.lab.simulate",
}


def __getattr__(name: str) -> object:
    # Public names load what they need when they are asked for: the command must answer `--help` at once.
    if name == "schemas":
        return import_module("detector.schema")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'detector' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
