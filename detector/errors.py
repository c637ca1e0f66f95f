"""What can go wrong, as a tree, and the closed list of reasons for refusing a line.

::

    DetectorError
    ├── ConfigError        a setting is unknown or out of range
    ├── InputError         a source cannot be read, or holds nothing to judge
    ├── SchemaError        a frame does not have the columns that were promised
    ├── CheckpointError    saved state cannot be used
    └── OutputError        the result cannot be written
        └── OutputBusy     another run holds the folder

A message says what, where and what to do, in one line, without comment text. A bad line is a row in REJECTS,
never an exception.
"""

from enum import StrEnum


class DetectorError(Exception):
    """Any failure that the user can understand; `exit_code` is what the command ends with."""

    exit_code = 1


class ConfigError(DetectorError):
    """A setting is unknown or out of range."""

    exit_code = 2


class InputError(DetectorError):
    """A source cannot be read, or holds nothing to judge."""


class SchemaError(DetectorError):
    """A frame lacks a promised column or has it with another type."""


class CheckpointError(DetectorError):
    """Saved state is damaged or belongs to another run."""

    exit_code = 5


class OutputError(DetectorError):
    """The result cannot be written."""

    exit_code = 4


class OutputBusy(OutputError):
    """Another run is writing into the same folder."""

    exit_code = 6


class RejectReason(StrEnum):
    """Why a line was refused: the closed list behind `rejects.jsonl`."""

    INVALID_JSON = "invalid_json"
    NOT_AN_OBJECT = "not_an_object"
    TEXT_NOT_A_STRING = "text_not_a_string"
    NO_TEXT_FIELD = "no_text_field"
    TOO_DEEP = "too_deep"
    UNEXPECTED_SHAPE = "unexpected_shape"
    BAD_ROW = "bad_row"
    LINE_TOO_LONG = "line_too_long"
    TRUNCATED = "truncated"


class SkipReason(StrEnum):
    """Why a lawful record is not a comment to judge."""

    REPEATED = "repeated"
    REPOST = "repost"
    DELETED = "deleted"
    NOT_A_COMMENT = "not_a_comment"
