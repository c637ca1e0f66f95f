"""Twins of the text wing: string slices, sets, all pairs, breadth-first search."""

import itertools
from collections import defaultdict, deque

import numpy as np
from datasketch import MinHash

# Han, Kana, Hangul and Bopomofo by their blocks.
_DENSE = (
    *((0x1100, 0x11FF), (0x3041, 0x3096), (0x30A1, 0x30FA), (0x3105, 0x312F), (0x3131, 0x318E), (0x3400, 0x4DBF)),
    *((0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0x20000, 0x323AF)),
)


def is_dense(char):
    return any(first <= ord(char) <= last for first, last in _DENSE)


def shingles(text, length=5, length_dense=2):
    """List every slice of a text, as long as the script of its first character asks."""
    wanted = [length_dense if is_dense(char) else length for char in text]
    return [text[i : i + n] for i, n in enumerate(wanted) if i + n <= len(text)]


def jaccard(a, b):
    """Return the Jaccard similarity of two sets; of two empty ones 0."""
    a, b = set(a), set(b)
    return len(a & b) / len(a | b) if a | b else 0.0


def near_pairs(texts, similarity_min):
    """Compare all texts with all: the pairs (i, j) of similarity at least `similarity_min`."""
    sets = [set(shingles(text)) for text in texts]
    return {
        (i, j) for i, j in itertools.combinations(range(len(texts)), 2) if jaccard(sets[i], sets[j]) >= similarity_min
    }


def components(n, edges):
    """Return the connected components of nodes 0 … n - 1, as sets, by breadth-first search."""
    neighbours = defaultdict(set)
    for a, b in edges:
        neighbours[a].add(b)
        neighbours[b].add(a)
    seen, found = set(), []
    for start in range(n):
        if start in seen:
            continue
        component, queue = {start}, deque([start])
        while queue:
            for node in neighbours[queue.popleft()] - component:
                component.add(node)
                queue.append(node)
        seen |= component
        found.append(component)
    return found


def signature(hashes, n_permutations, seed):
    """Return the signature of a set of 32-bit hashes as `datasketch` computes it."""
    sketch = MinHash(num_perm=n_permutations, seed=seed, hashfunc=int, scheme="affine32")
    for value in hashes:
        sketch.update(value)
    return sketch.hashvalues


def shares_a_band(a, b, band_rows):
    """Tell whether two signatures agree throughout any band."""
    return any(np.array_equal(a[i : i + band_rows], b[i : i + band_rows]) for i in range(0, len(a), band_rows))


def groups(labels):
    """Return the sets of positions that carry one label."""
    found = defaultdict(set)
    for position, label in enumerate(labels):
        found[label].add(position)
    return set(map(frozenset, found.values()))
