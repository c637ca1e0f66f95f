"""Crowds: moments in which many people write at one place in words of their own, as when a match ends.

What is sung then is sung together, by those who come every time. Whether copies are close in time, and whether their
accounts meet again, is therefore asked of a crowd by itself and not of the week around it.
"""

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int64]

_CROWD_COMMENTS = 5
_CROWD_US = 600_000_000


def find_crowds(place: Codes, time: Codes, order: Codes, is_copy: npt.NDArray[np.bool_]) -> Codes:
    """Number the crowds in which comments stand.

    Parameters
    ----------
    place, time
        (n,) where each comment stands, and when, microseconds.
    order
        (m,) the comments that can stand in crowds, by place and time, copies behind the others of the same moment.
    is_copy
        (n,) whether the comment is a near copy: copies make no crowd, or else every campaign would bring its own.

    Returns
    -------
    ndarray
        (n,) number of the crowd from 1, 0 for comments outside all: a crowd is an unbroken run of ten minutes in each
        of which five comments that are no copies stand at one place.
    """
    crowd = np.zeros(len(time), dtype=np.int64)
    others = np.flatnonzero(~is_copy[order])
    if len(others) < _CROWD_COMMENTS:
        return crowd
    at, where = time[order[others]], place[order[others]]
    last = np.arange(_CROWD_COMMENTS - 1, len(others))
    first = last - (_CROWD_COMMENTS - 1)
    dense = (where[first] == where[last]) & (at[last] - at[first] <= _CROWD_US)
    edges = np.bincount(others[first[dense]], minlength=len(order) + 1)
    edges -= np.bincount(others[last[dense]] + 1, minlength=len(order) + 1)
    inside = np.cumsum(edges[:-1]) > 0
    begins = inside.copy()
    begins[1:] &= ~inside[:-1] | (place[order][1:] != place[order][:-1])
    crowd[order] = np.where(inside, np.cumsum(begins), 0)
    return crowd
