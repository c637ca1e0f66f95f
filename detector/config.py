"""Settings as frozen data: validated once, digested into every output.

Units stand in the names. `Config.from_toml` and `Config.with_settings` are the two doors in; an unknown key is an
error, and all faults are reported together.
"""

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from detector.errors import ConfigError


@dataclass(frozen=True)
class IngestConfig:
    """How bytes become comments."""

    input_format: str = "auto"
    """Name of the export format; `auto` recognises it by the records."""
    mapping: tuple[str, ...] = ()
    """Where canonical fields are, as `field=path`; they go before what the format says. Repeated: fallbacks."""
    max_line_bytes: int = 16 * 2**20
    """A longer line is refused (`line_too_long`) without being held in memory."""
    max_input_bytes: int = 2**40
    """A source that is longer than this when decompressed ends the run."""
    max_depth: int = 512
    """Deeper JSON is refused (`too_deep`)."""
    assume_utc_offset_min: int = 0
    """Minutes east of UTC given to times that name no zone."""
    rejects_kept: int = 10_000
    """Refused lines written whole; the rest are only counted."""
    reject_share_max: float = 0.05
    """Above this share, and above `reject_count_max`, the run ends with exit code 3."""
    reject_count_max: int = 20


@dataclass(frozen=True)
class TextConfig:
    """How texts are compared."""

    max_text_chars: int = 10_000
    """A longer comment is compared on its first characters and marked as cut."""
    shingle_chars: int = 5
    """Length of a shingle that starts at an alphabetic letter or a digit."""
    shingle_chars_han: int = 2
    """Length of a shingle that starts at a Han, Kana or Hangul character."""
    min_shingles: int = 12
    """Texts with fewer shingles meet by equality only: sketches of tiny sets match by accident."""
    n_permutations: int = 64
    band_rows: int = 4
    """Signature rows per band; with 16 bands a pair at `similarity_min` meets with probability 0.957."""
    similarity_min: float = 0.65
    """Jaccard similarity of shingle sets from which two texts are near copies."""
    cohesion_slack: float = 0.15
    """A member of a cluster may lie this far below `similarity_min` from its medoid."""
    information_min_bits: float = 40.0
    """Texts that carry less weigh nothing, however often they are repeated (greetings, cheers)."""
    seed: int = 1
    """Seed of the MinHash permutations (the default of datasketch)."""

    @property
    def n_bands(self) -> int:
        """Bands in a signature."""
        return self.n_permutations // self.band_rows

    def recall_at(self, similarity: float) -> float:
        """Probability that a pair of this Jaccard similarity shares a band (Leskovec, Rajaraman, Ullman, ch. 3.4)."""
        return float(1.0 - (1.0 - similarity**self.band_rows) ** self.n_bands)


@dataclass(frozen=True)
class EvidenceConfig:
    """What is measured, and against which chance."""

    min_cluster_accounts: int = 3
    """Clusters of fewer accounts are not tested by themselves."""
    n_permutations: int = 999
    """Permutations behind a synchrony p value; none can be smaller than 1 / (n_permutations + 1)."""
    max_permuted_comments: int = 200
    """Larger clusters are tested on this many comments, picked by hash: power is ample there."""
    period_days: int = 7
    """Traffic is exchangeable inside a target and a period of this length, not across."""
    synchrony_windows_s: tuple[int, ...] = (60, 600, 3_600, 86_400)
    batch_windows_h: tuple[int, ...] = (48, 168)
    """Account creation batches are looked for in windows of this length."""
    burst_bins_min: int = 60
    false_discovery_rate: float = 0.01
    """Benjamini-Hochberg level over all clusters tested, per kind of evidence; and over accounts for growth."""
    seed: int = 1


@dataclass(frozen=True)
class JudgeConfig:
    """How evidence becomes tiers."""

    account_copy_share_min: float = 0.25
    """An account is flagged only if at least this share of its comments lies in the campaign."""
    allow_texts: tuple[str, ...] = ()
    """Texts known to be innocent (a petition's wording): campaigns holding one, or a near copy, are never flagged."""
    weights: str = "fitted"
    """`fitted` on labelled data (see the model card) or `unfitted`: scores inside a tier, never the tier."""


@dataclass(frozen=True)
class Config:
    """All settings of a run."""

    ingest: IngestConfig = field(default_factory=IngestConfig)
    text: TextConfig = field(default_factory=TextConfig)
    evidence: EvidenceConfig = field(default_factory=EvidenceConfig)
    judge: JudgeConfig = field(default_factory=JudgeConfig)

    def __post_init__(self) -> None:
        faults = _faults(self)
        if faults:
            raise ConfigError("; ".join(faults))

    @classmethod
    def from_toml(cls, path: str | Path) -> "Config":
        """Read settings from a TOML file with the sections `ingest`, `text`, `evidence` and `judge`.

        Parameters
        ----------
        path
            The file; keys that it leaves out keep their defaults.

        Raises
        ------
        ConfigError
            The file cannot be read, or a key is unknown, of another type or out of range.
        """
        try:
            tree = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"settings file {path}: {error}") from None
        return cls._from_tree(tree)

    @classmethod
    def from_dict(cls, tree: Mapping[str, Any]) -> "Config":
        """Return the settings that `to_dict` wrote.

        Raises
        ------
        ConfigError
            A key is unknown, of another type or out of range.
        """
        return cls._from_tree(tree)

    def with_settings(self, assignments: Sequence[str]) -> "Config":
        """Return a copy with `section.field=value` assignments applied; values are TOML or bare words."""
        tree = msgspec.to_builtins(self)
        for assignment in assignments:
            name, equals, value = assignment.partition("=")
            section, dot, key = name.strip().partition(".")
            if not (equals and dot):
                raise ConfigError(f"setting {assignment!r}: write it as section.field=value")
            if section not in tree or key not in tree[section]:
                raise ConfigError(f"setting {name.strip()!r} is unknown: `detector config` lists them all")
            try:
                tree[section][key] = tomllib.loads(f"value = {value}")["value"]
            except tomllib.TOMLDecodeError:
                tree[section][key] = value.strip()
        return self._from_tree(tree)

    def with_allowed(self, path: str | Path) -> "Config":
        """Return a copy that also allows the texts of a file, one a line.

        Raises
        ------
        ConfigError
            The file cannot be read.
        """
        try:
            lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"allowed texts {path}: {error}") from None
        added = tuple(line.strip() for line in lines if line.strip())
        return replace(self, judge=replace(self.judge, allow_texts=(*self.judge.allow_texts, *added)))

    def with_mapping(self, path: str | Path) -> "Config":
        """Return a copy that looks for canonical fields where a TOML file says.

        Parameters
        ----------
        path
            A file of ``field = "path"`` or ``field = ["path", "fallback"]``, such as ``text = "body.plain"`` and
            ``platform = "const:facebook"``.

        Raises
        ------
        ConfigError
            The file cannot be read, or holds something else.
        """
        try:
            tree = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"mapping {path}: {error}") from None
        added: list[str] = []
        for name, given in tree.items():
            paths = given if isinstance(given, list) else [given]
            if not all(isinstance(part, str) for part in paths):
                raise ConfigError(f'mapping {path}: write {name} = "path" or {name} = ["path", "fallback"]')
            added += [f"{name}={part}" for part in paths]
        return replace(self, ingest=replace(self.ingest, mapping=(*self.ingest.mapping, *added)))

    @classmethod
    def _from_tree(cls, tree: Mapping[str, Any]) -> "Config":
        faults: list[str] = []
        sections: dict[str, Any] = {}
        unknown = [
            f"{name}.{key}" if name in _SECTIONS else name
            for name, given in tree.items()
            for key in (given if name in _SECTIONS and isinstance(given, Mapping) else [""])
            if name not in _SECTIONS or (key and key not in {field.name for field in fields(_SECTIONS[name])})
        ]
        for name, kind in _SECTIONS.items():
            given = tree.get(name, {})
            if not isinstance(given, Mapping):
                faults.append(f"{name} must be a section, not a value")
                continue
            types = get_type_hints(kind)
            values = {}
            for key in types.keys() & given.keys():
                try:
                    values[key] = msgspec.convert(given[key], types[key])
                except msgspec.ValidationError as error:
                    faults.append(f"{name}.{key}: {error}")
            sections[name] = kind(**values)
        if unknown:
            faults.insert(0, f"unknown settings: {', '.join(unknown)}")
        try:
            config = cls(**sections)
        except ConfigError as error:
            faults.append(str(error))
        if faults:
            raise ConfigError("; ".join(sorted(faults, key=lambda fault: not fault.startswith("unknown"))))
        return config

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain nested dicts, as `run.json` keeps them."""
        tree: dict[str, Any] = msgspec.to_builtins(self)
        return tree

    def to_toml(self) -> str:
        """Return the settings as TOML that `from_toml` reads back to an equal `Config`."""
        lines = []
        for section, keys in self.to_dict().items():
            lines.append(f"[{section}]")
            lines += [f"{key} = {_toml(value)}" for key, value in keys.items()]
            lines.append("")
        return "\n".join(lines)

    def digest(self) -> str:
        """Return 16 hexadecimal digits that change with any setting."""
        return hashlib.blake2b(msgspec.json.encode(self.to_dict(), order="sorted"), digest_size=8).hexdigest()


_WEIGHTS = ("fitted", "unfitted")
_SECTIONS = {"ingest": IngestConfig, "text": TextConfig, "evidence": EvidenceConfig, "judge": JudgeConfig}


def _toml(value: object) -> str:
    """Write a value as TOML: as JSON, but for one control character that only TOML forbids."""
    return msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")


def _faults(config: Config) -> list[str]:
    """List what is out of range, in words."""
    text, evidence = config.text, config.evidence
    shares = {
        "ingest.reject_share_max": config.ingest.reject_share_max,
        "text.similarity_min": text.similarity_min,
        "text.cohesion_slack": text.cohesion_slack,
        "evidence.false_discovery_rate": evidence.false_discovery_rate,
        "judge.account_copy_share_min": config.judge.account_copy_share_min,
    }
    ranges = {
        "ingest.max_line_bytes": (config.ingest.max_line_bytes, 1, 2**31),
        "ingest.max_input_bytes": (config.ingest.max_input_bytes, 1, 2**62),
        "ingest.max_depth": (config.ingest.max_depth, 1, 4096),
        "ingest.assume_utc_offset_min": (config.ingest.assume_utc_offset_min, -24 * 60, 24 * 60),
        "ingest.rejects_kept": (config.ingest.rejects_kept, 0, 10**8),
        "ingest.reject_count_max": (config.ingest.reject_count_max, 0, 2**62),
        "text.max_text_chars": (text.max_text_chars, 1, 10**7),
        "text.shingle_chars": (text.shingle_chars, 1, 64),
        "text.shingle_chars_han": (text.shingle_chars_han, 1, 64),
        "text.min_shingles": (text.min_shingles, 1, 10**6),
        "text.n_permutations": (text.n_permutations, 1, 4096),
        "text.band_rows": (text.band_rows, 1, 4096),
        "text.seed": (text.seed, 0, 2**32 - 1),
        "evidence.min_cluster_accounts": (evidence.min_cluster_accounts, 2, 10**6),
        "evidence.n_permutations": (evidence.n_permutations, 1, 10**6),
        "evidence.max_permuted_comments": (evidence.max_permuted_comments, 3, 10**5),
        "evidence.period_days": (evidence.period_days, 1, 36_500),
        "evidence.burst_bins_min": (evidence.burst_bins_min, 1, 10_080),
        "evidence.seed": (evidence.seed, 0, 2**32 - 1),
    }
    faults = [f"{name} must lie between 0 and 1, not {value}" for name, value in shares.items() if not 0 <= value <= 1]
    faults += [
        f"{name} must lie between {low} and {high}, not {value}"
        for name, (value, low, high) in ranges.items()
        if not low <= value <= high
    ]
    if config.judge.weights not in _WEIGHTS:
        faults.append(f"judge.weights must be {' or '.join(_WEIGHTS)}, not {config.judge.weights!r}")
    if text.band_rows >= 1 and text.n_permutations % text.band_rows:
        faults.append("text.n_permutations must be a multiple of text.band_rows")
    return faults
