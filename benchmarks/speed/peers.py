"""The near-duplicate cores of others, each as fast as its documentation knows how, on the same shingles and bands.

Every contender takes the path of a Parquet file of texts and returns a `Run`. The clock runs from texts in memory to
pairs (or flags) in memory; importing and reading the file are outside it. Shingles are sets of five characters, the
signature has the length and the bands of our own `TextConfig`, and a pair is one whose signatures agree as often as
the threshold demands, unless said otherwise.

What each is given: pairs of candidates are verified for rensa and datasketch by one vectorised comparison of all
signatures, which neither offers; `rensa-flags` is handed shingle hashes made by our own vectorised code, and answers
less than the others: which texts have a near copy, not of what. Gaoya cuts, sketches and verifies in Rust on all cores.
No peer verifies against the true similarity; ours does.
"""

import contextlib
import itertools
import os
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.config import TextConfig

CONFIG = TextConfig()
_CHUNK = 10_000


@dataclass
class Run:
    """What a contender took and found.

    `seconds` of the whole; `pairs` (m, 2) positions of near copies, or `groups` (n,) labels that are equal for
    near copies, or `flags` (n,) whether a text has a near copy.
    """

    seconds: float = 0.0
    pairs: npt.NDArray[np.int64] | None = None
    groups: npt.NDArray[np.int64] | None = None
    flags: npt.NDArray[np.bool_] | None = None
    stages: dict[str, float] = field(default_factory=dict)


@contextlib.contextmanager
def _clock(run: Run) -> Iterable[None]:
    started = time.perf_counter()
    yield
    run.seconds = time.perf_counter() - started


def read(path: Path) -> pl.Series:
    """Return the texts of a workload."""
    return pl.read_parquet(path)["text"]


def shingle_set(text: str) -> set[str]:
    """Cut a text into its five-character shingles, as all but ours and gaoya need it."""
    return {text[i : i + CONFIG.shingle_chars] for i in range(len(text) - CONFIG.shingle_chars + 1)}


def ours(path: Path) -> Run:
    """The core of this detector: clusters of pairs verified by true similarity."""
    from detector.text import cluster_texts

    texts, run = read(path), Run()
    with _clock(run):
        run.groups = np.asarray(cluster_texts(texts, CONFIG)[0])
    return run


def _end_to_end(texts: pl.Series) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    chars = np.frombuffer("".join(texts).encode("utf-32-le"), dtype=np.uint32)
    return chars, np.concatenate([[0], np.cumsum(texts.str.len_chars().to_numpy())]).astype(np.int64)


def rensa_flags(path: Path) -> Run:
    """Rensa's fastest form: one matrix, flags in one shot; no pairs, nothing verified, hashing not counted."""
    from rensa import RMinHash, RMinHashLSH

    from detector.text.sketch import shingle

    texts, run = read(path), Run()
    ready = shingle(*_end_to_end(texts), length=CONFIG.shingle_chars, length_han=CONFIG.shingle_chars)
    tokens, starts = ready.hashes.astype(np.uint64), ready.starts.astype(np.uint64)
    with _clock(run):
        matrix = RMinHash.digest_matrix_from_flat_token_hashes(tokens, starts, CONFIG.n_permutations, CONFIG.seed)
        index = RMinHashLSH(CONFIG.similarity_min, CONFIG.n_permutations, CONFIG.n_bands)
        run.flags = np.asarray(index.query_duplicate_flags_matrix_one_shot(matrix), dtype=np.bool_)
    return run


def rensa_pairs(path: Path) -> Run:
    """Rensa's index: sketches in bulk, inserted in bulk, queried in bulk, candidates verified by signature."""
    from rensa import RMinHash, RMinHashLSH

    texts, run = read(path).to_list(), Run()
    with _clock(run):
        sets = (list(shingle_set(text)) for text in texts)
        sketches = RMinHash.from_token_sets(sets, CONFIG.n_permutations, CONFIG.seed)
        index = RMinHashLSH(CONFIG.similarity_min, CONFIG.n_permutations, CONFIG.n_bands)
        index.insert_many(sketches)
        signatures = np.array([sketch.digest() for sketch in sketches], dtype=np.uint32)
        found = (index.query_all(sketches[at : at + _CHUNK]) for at in range(0, len(sketches), _CHUNK))
        run.pairs = _verified(found, signatures)
    return run


def datasketch_pairs(path: Path) -> Run:
    """Datasketch: sketches in bulk, inserted in one session, queried one by one, candidates verified by signature."""
    from datasketch import MinHash, MinHashLSH

    texts, run = read(path).to_list(), Run()
    with _clock(run):
        sets = ([shingle.encode() for shingle in shingle_set(text)] for text in texts)
        sketches = MinHash.bulk(sets, num_perm=CONFIG.n_permutations, seed=CONFIG.seed)
        index = MinHashLSH(num_perm=CONFIG.n_permutations, params=(CONFIG.n_bands, CONFIG.band_rows))
        with index.insertion_session() as session:
            for number, sketch in enumerate(sketches):
                session.insert(number, sketch, check_duplication=False)
        signatures = np.array([sketch.hashvalues for sketch in sketches], dtype=np.uint32)
        chunks = (sketches[at : at + _CHUNK] for at in range(0, len(sketches), _CHUNK))
        found = ([index.query(sketch) for sketch in chunk] for chunk in chunks)
        run.pairs = _verified(found, signatures)
    return run


def gaoya_pairs(path: Path) -> Run:
    """Gaoya: tokens, sketches, index and verification by signature in Rust, on all cores."""
    from gaoya.minhash import MinHashStringIndex

    texts, run = read(path).to_list(), Run()
    with _clock(run):
        index = MinHashStringIndex(
            hash_size=32,
            jaccard_threshold=CONFIG.similarity_min,
            num_bands=CONFIG.n_bands,
            band_size=CONFIG.band_rows,
            analyzer="char",
            ngram_range=(CONFIG.shingle_chars, CONFIG.shingle_chars),
            id_container="smallvec",
        )
        index.par_bulk_insert_docs(list(range(len(texts))), texts)
        found = (index.par_bulk_query(texts[at : at + _CHUNK]) for at in range(0, len(texts), _CHUNK))
        run.pairs = np.concatenate([_pairs(part, at * _CHUNK) for at, part in enumerate(found)])
    return run


def text_dedup_groups(path: Path) -> Run:
    """text-dedup's MinHash command as it is, on two processes: components of unverified candidates.

    It knows word shingles only, so each character is handed over as a word of its own, a blank as `_`; writing
    that file is outside the clock, reading it inside.
    """
    spelled, run = read(path), Run()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        spelled.str.replace_all(" ", "_", literal=True).str.replace_all(r"(.)", "$1 ").str.strip_chars_end().to_frame(
            "text"
        ).write_parquet("texts.parquet")
        os.environ["HF_HOME"] = f"{folder}/hub"
        os.environ["HF_HUB_OFFLINE"] = "1"
        from text_dedup.minhash import main, uf

        options = {
            "path": "parquet", "data_files": "texts.parquet", "split": "train", "column": "text", "cache_dir": "cache",
            "output": "out", "num_proc": 2, "ngram": CONFIG.shingle_chars, "min_length": 1, "hash_func": "xxh3",
            "hash_bits": 32, "num_perm": CONFIG.n_permutations, "b": CONFIG.n_bands, "r": CONFIG.band_rows,
        }  # fmt: skip
        arguments = [word for key, value in options.items() for word in (f"--{key}", str(value))]
        with _clock(run):
            main.main(arguments, standalone_mode=False)
        run.groups = np.array([uf.find(number) for number in range(len(spelled))])
    return run


def _verified(found: Iterable[Sequence[Sequence[int]]], signatures: npt.NDArray[np.uint32]) -> npt.NDArray[np.int64]:
    """Keep the candidates whose signatures agree as often as the threshold demands."""
    kept = []
    for at, part in enumerate(found):
        pairs = _pairs(part, at * _CHUNK)
        for block in np.array_split(pairs, len(pairs) // 100_000 + 1):
            agreement = (signatures[block[:, 0]] == signatures[block[:, 1]]).mean(axis=1)
            kept.append(block[agreement >= CONFIG.similarity_min])
    return np.concatenate(kept)


def _pairs(found: Sequence[Sequence[int]], first: int) -> npt.NDArray[np.int64]:
    """Turn the answers to consecutive queries into pairs, each once."""
    right = np.fromiter(itertools.chain.from_iterable(found), dtype=np.int64)
    left = np.repeat(np.arange(first, first + len(found)), [len(answer) for answer in found])
    once = left < right
    return np.column_stack([left[once], right[once]])


CONTENDERS = {
    "ours": ours,
    "rensa-flags": rensa_flags,
    "rensa-pairs": rensa_pairs,
    "gaoya": gaoya_pairs,
    "datasketch": datasketch_pairs,
    "text-dedup": text_dedup_groups,
}
