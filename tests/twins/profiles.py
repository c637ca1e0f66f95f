"""Twins of the tests of targets, histories, profiles and numbers: loops over comments and pairs as dicts."""

import itertools
import math
import re
from collections import Counter, defaultdict

from twins.chance import DAY

YEAR = 365 * DAY


def bennett(observed, expected, variance):
    """Bound the chance of so large a sum of indicators by its mean and variance."""
    if observed <= expected:
        return 1.0
    variance = max(variance, 1e-9)
    u = (observed - expected) / variance
    return math.exp(-variance * ((1 + u) * math.log(1 + u) - u))


def reach(comments, units):
    """Return targets reached, expected and p; each unit (a list of comments) draws within platform and week.

    `comments`: all, with `target` ("platform:name" or None) and `time`.
    """

    def place(comment):
        return comment["target"].split(":")[0], comment["time"] // (7 * DAY)

    traffic = defaultdict(Counter)
    for comment in comments:
        if comment["target"]:
            traffic[place(comment)][comment["target"]] += 1
    n = hit = mean = variance = 0
    for unit in units:
        drawn = defaultdict(list)
        for comment in unit:
            if comment["target"]:
                drawn[place(comment)].append(comment["target"])
        for where, targets in drawn.items():
            if len(targets) < 2:
                continue
            total = sum(traffic[where].values())
            n, hit = n + len(targets), hit + len(set(targets))
            for m in traffic[where].values():
                missed = math.comb(total - m, len(targets)) / math.comb(total, len(targets))
                mean, variance = mean + 1 - missed, variance + missed * (1 - missed)
    return (hit, mean, bennett(hit, mean, variance)) if n >= 4 else None


def came_back(history, row, switch):
    """Tell whether a comment lies within thirty days after a year of silence across which `switch` changed.

    `history`: all comments of one account. None where it has no year of history before the comment.
    """
    history = sorted(history, key=lambda c: (c["time"], c["row"]))
    comment = next(c for c in history if c["row"] == row)
    if comment["time"] - history[0]["time"] < YEAR:
        return None
    parts = [[history[0]]]
    for before, after in itertools.pairwise(history):
        if after["time"] - before["time"] >= YEAR:
            parts.append([])
        parts[-1].append(after)
    at = next(i for i, part in enumerate(parts) if comment in part)
    before = {c[switch] for part in parts[:at] for c in part} - {None}
    after = {c[switch] for c in parts[at]} - {None}
    awake = at > 0 and comment["time"] - parts[at][0]["time"] <= 30 * DAY
    return bool(awake and before and after and not before & after)


def dormancy(comments, members, switch):
    """Return accounts of a group that came back changed, accounts with a history, and the share by chance."""
    by_account = defaultdict(list)
    for comment in comments:
        by_account[comment["account"]].append(comment)
    state = {c["row"]: came_back(by_account[c["account"]], c["row"], switch) for c in comments}
    held = defaultdict(list)
    for comment in comments:
        if comment["row"] in members and state[comment["row"]] is not None:
            held[comment["account"]].append(comment)

    # Languages in which too few others have a history are left out.
    speakers = {(c["account"], c["lang"]) for c in comments if state[c["row"]] is not None and c["account"] not in held}
    enough = {lang for lang, n in Counter(lang for _, lang in speakers).items() if n >= 5}
    mine = set(held)
    held = {account: [c for c in copies if c["lang"] in enough] for account, copies in held.items()}
    held = {account: copies for account, copies in held.items() if copies}

    def place(comment):
        return comment["target"], comment["time"] // (7 * DAY)

    copies = [c for own in held.values() for c in own]
    others = [c for c in comments if c["account"] not in mine and state[c["row"]] is not None]

    def rate(language, where):
        """Return the share of others that came back so, among visits to a place in a language."""
        places = {where(c) for c in copies if c["lang"] == language}
        visits = defaultdict(bool)
        for comment in others:
            if comment["lang"] == language and where(comment) in places:
                visits[comment["account"], where(comment)] |= state[comment["row"]]
        return (sum(visits.values()) + 1) / (len(visits) + 1)

    shares = []
    for where in (place, lambda _: None):
        stays = {(c["account"], c["lang"], where(c)) for c in copies}
        shares.append(sum(rate(language, where) for _, language, _ in stays) / len(stays))
    share = max(shares)
    return sum(any(state[c["row"]] for c in copies) for copies in held.values()), len(held), share


def agreeing(profiles, members, field):
    """Return accounts that agree with a namesake in a field, those beyond the first of each, and how many by chance.

    `profiles`: dicts with `kind`, `name` and the field; `members`: positions of the group.
    """
    known = [i for i, profile in enumerate(profiles) if profile["name"] and profile[field] is not None]
    inside = [i for i in members if i in known]
    expected, namesakes = 0.0, False
    for kind in {profiles[i]["kind"] for i in inside}:
        counts = Counter()
        for a, b in itertools.combinations([i for i in known if profiles[i]["kind"] == kind], 2):
            ours, alike = a in inside and b in inside, profiles[a][field] == profiles[b][field]
            same_name = profiles[a]["name"] == profiles[b]["name"]
            counts[ours, same_name, alike] += 1
        here = counts[True, True, True] + counts[True, True, False]
        elsewhere = counts[False, True, True] + counts[False, True, False]
        strangers = counts[True, False, True] + counts[True, False, False]
        rate = (counts[False, True, True] + 1) / (elsewhere + 1)
        if field == "created" and strangers:
            rate = max(rate, counts[True, False, True] / strangers)
        expected, namesakes = expected + here * rate, namesakes or here > 0
    same = Counter((profiles[i]["kind"], profiles[i]["name"], profiles[i][field]) for i in inside)
    agree = [n for n in same.values() if n > 1]
    return sum(agree), sum(agree) - len(agree), expected if namesakes else None


def serial(text):
    """Return the number that a copy carries at its start, its end or after a number sign."""
    text = re.sub(r"(?i)(?:https?://|www\.)\S+", " ", text)
    for pattern in (
        r"\s*[#(\[]?(\d{3,12})\b",
        r".*?(?:[#№]|\b[Nn]o\.)\s*:?\s*(\d{3,12})\b",
        r".*?\b(\d{3,12})[)\]]?\s*$",
    ):
        found = re.match(pattern, text)
        if found:
            number = int(found[1])
            return number if number >= 1_000 and not 1_900 <= number <= 2_100 else None
    return None
