"""Reading alone, on one core: canonical lines and posts of X's API, beside the same lines decoded by msgspec."""

import json
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.speed.cache import keep
from benchmarks.speed.measure import alternate, contender
from benchmarks.speed.outcome import Effort, Goal, Outcome, number, ratio
from benchmarks.speed.volume import head, records

VERSION = 1
_N = {"canonical": 200_000, "x-v2": 50_000}
_MB_PER_S = {"canonical": 150, "x-v2": 60}


def beside_decoding(name: str) -> Callable[[Effort], Outcome]:
    """Return the measurement of one kind of file: comments read; the same lines decoded and thrown away."""

    def measure(effort: Effort) -> Outcome:
        n = _N[name]
        path = head(n) if name == "canonical" else tweets(n)
        megabytes = path.stat().st_size / 1e6
        runs = {who: partial(contender, who, (path,), effort.limit_s) for who in ("reading", "decode-bare")}
        done = alternate(runs, effort.repeats)
        outcome = Outcome([])
        ours, bare = (outcome.add(who, done[who], n, (path,)) for who in runs)
        for row in (ours, bare):
            if seconds := number(row, "seconds"):
                row |= {"ratio": ratio(row, bare), "mb_per_s": round(megabytes / seconds)}
        outcome.goals = [
            Goal("CPU seconds of reading a GB on one core", _per_gb(ours, megabytes), round(1000 / _MB_PER_S[name], 2)),
        ]
        return outcome

    return measure


def _per_gb(row: dict[str, object], megabytes: float) -> float | None:
    seconds = number(row, "seconds")
    return None if seconds is None else round(1000 * seconds / megabytes, 2)


def tweets(n: int) -> Path:
    """Return comments of the volume workload as twarc writes posts of X's API when it flattens them: 2.5 KB each."""
    source = head(n)

    def make(draft: Path) -> None:
        with (draft / "tweets.jsonl").open("w", encoding="utf-8") as file:
            for i, comment in enumerate(records(source)):
                file.write(json.dumps(_tweet(i, comment), ensure_ascii=False, separators=(",", ":")) + "\n")

    return keep(f"{source.parent.name}-as-x-v2-v{VERSION}", make) / "tweets.jsonl"


def _tweet(i: int, comment: dict[str, Any]) -> dict[str, Any]:
    """Put a comment into the shape of a post, with all that surrounds it there."""
    author = str(comment["author_id"])
    answered = {"type": "replied_to", "id": str(10**18 + i // 7), "text": comment["text"], "author_id": "77"}
    topic = {"domain": {"id": "131", "name": "Unified topic", "description": "What posts of all kinds are about"},
             "entity": {"id": "847888632711061504", "name": "Local matters"}}  # fmt: skip
    link = {"start": 10, "end": 33, "url": "https://t.co/Example123", "expanded_url": f"https://example.org/page/{i}",
            "display_url": f"example.org/page/{i}", "title": "A page", "description": "What it says"}  # fmt: skip
    tweet = {
        "id": str(comment["id"]), "text": comment["text"], "author_id": author, "created_at": comment["created_at"],
        "conversation_id": str(10**18 + i // 7), "lang": comment.get("lang"), "reply_settings": "everyone",
        "possibly_sensitive": False, "edit_history_tweet_ids": [str(comment["id"])],
        "public_metrics": {"retweet_count": 0, "reply_count": 0, "like_count": comment.get("like_count", 0),
                           "quote_count": 0, "impression_count": i % 900},
        "entities": {"urls": [link], "mentions": [{"start": 0, "end": 7, "username": "someone", "id": "77"}]},
        "context_annotations": [topic] * 4,
        "author": {"id": author, "username": f"u{author[-9:]}", "name": comment.get("author_name", ""),
                   "created_at": comment.get("author_created_at", "2015-01-01T00:00:00Z"), "verified": False,
                   "description": "A life in a few words", "protected": False, "location": "Somewhere",
                   "profile_image_url": f"https://pbs.example/profile_images/{author}/picture_normal.jpg",
                   "public_metrics": {"followers_count": comment.get("author_followers", 0), "tweet_count": 99,
                                      "following_count": comment.get("author_following", 0), "listed_count": 0}},
        "__twarc": {"url": "https://api.example/2/tweets/search/all", "version": "2.12.0",
                    "retrieved_at": "2030-01-01T00:00:00+00:00"},
    }  # fmt: skip
    return tweet | ({"referenced_tweets": [answered], "in_reply_to_user_id": "77"} if i % 3 else {})


def read(paths: list[Path]) -> dict[str, object]:
    """Read files as a scan does."""
    from detector.ingest.read import read_comments

    return _on_one_core(lambda: read_comments(paths).comments.height)


def decode(paths: list[Path]) -> dict[str, object]:
    """Decode every line of files, and keep nothing."""
    import msgspec

    lines = [line for path in paths for line in path.read_bytes().splitlines()]
    one = msgspec.json.Decoder().decode

    def work() -> int:
        for line in lines:
            one(line)
        return len(lines)

    return _on_one_core(work)


def _on_one_core(work: Callable[[], int]) -> dict[str, object]:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    started = time.process_time()
    n = work()
    return {"seconds": time.process_time() - started, "comments": n}
