"""News accounts that publish versions of the same articles, and others that write their own (scenario B)."""

import datetime as dt
import random

import numpy as np

from detector.lab import disguise, recipe
from detector.lab.habits import to_traditional
from detector.lab.language import entries, language, words
from detector.lab.people import gather_accounts
from detector.lab.record import Draft, draft_rows
from detector.lab.stage import Posts, draw_times

N_SENTENCES = (6, 9)


def play_articles(part: recipe.Articles, posts: Posts, n: int, n_accounts: int, rng: np.random.Generator) -> Draft:
    """Draft n articles of news accounts.

    Parameters
    ----------
    part, posts
        Parameters, and the posts; the articles are about their first target.
    n, n_accounts
        Counts at the scale in use.
    rng
        Source of chance.

    Returns
    -------
    Draft
        n rows; the kind of an account is added to the part's kind.
    """
    accounts = gather_accounts(part, n_accounts, rng)
    dice = random.Random(int(rng.integers(1 << 62)))  # noqa: S311
    sizes = np.asarray(list(part.groups.values()), dtype=float)
    group = np.searchsorted(np.cumsum(sizes) / sizes.sum(), (np.arange(n_accounts) + 0.5) / n_accounts)
    kinds = [f"{part.kind}-{name}" for name in part.groups]
    if part.n_stories:
        author, at, texts, templates = _network(part, posts.names[0], n, n_accounts, dice, rng)
    else:
        author, at, texts, templates = _own_words(part, posts.names[0], n, n_accounts, dice, rng)
    # Articles name their target; those about something else stand under a page of their own.
    post = posts.before(accounts.platform[author], np.zeros(n, dtype=np.int64), at)
    labels = [None if name in part.unscored else part.label for name in part.groups]
    rows = draft_rows(
        n, account=author, at=at, post=np.where(np.asarray(templates) == "other", -1, post), text=texts,
        lang=["zh"] * n,
        label=[labels[group[who]] for who in author], label_kind=[kinds[group[who]] for who in author],
        campaign_id=[f"{part.kind}-1" if part.n_stories else None] * n, template_id=templates,
        evasions=[[] for _ in range(n)] if part.n_stories else None,
    )  # fmt: skip
    return Draft(accounts, posts, rows)


def _network(
    part: recipe.Articles, target: str, n: int, n_accounts: int, dice: random.Random, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, list[str], list[str]]:
    """Write the versions of each story: who, when, what, and the story's name."""
    n_stories = min(part.n_stories, n)
    seeds_at = np.sort(draw_times(part.days, part.hours, n_stories, rng))
    story = np.arange(n) % n_stories
    hours, shares = zip(*[(0.0, 0.0), *part.follow], strict=True)
    delay = np.interp(rng.random(n), shares, hours) * 3600
    delay[:n_stories] = 0
    author = np.empty(n, dtype=np.int64)
    for number in range(n_stories):
        rows = np.flatnonzero(story == number)
        # An account carries a story once; a story has no more versions than there are accounts.
        author[rows] = np.resize(rng.permutation(n_accounts), len(rows))
    texts = [""] * n
    for number in range(n_stories):
        stance = _stance(part, int(seeds_at[number]))
        seed = _sentences(stance, target, dice)
        for row in np.flatnonzero(story == number).tolist():
            texts[row] = _version(part, seed, stance, target, row < n_stories, dice)
    return author, seeds_at[story] + delay.astype(np.int64), texts, [f"story-{number}" for number in story]


def _stance(part: recipe.Articles, at: int) -> str:
    """Return the stance of the stretch of days that a time falls in."""
    day = dt.datetime.fromtimestamp(at, dt.UTC).date()
    for stretch, stance in zip(part.days, part.stances, strict=False):
        if stretch.start <= day <= stretch.end:
            return stance
    return part.stances[-1]


def _sentences(stance: str, target: str, dice: random.Random) -> list[str]:
    """Choose and spin the sentences of one story."""
    pool = entries(words("articles")["zh"][stance])
    chosen = dice.sample(pool, min(len(pool), dice.randint(*N_SENTENCES)))
    return [disguise.spin(sentence, dice).replace("{target}", target) for sentence in chosen]


def _version(
    part: recipe.Articles, seed: list[str], stance: str, target: str, is_seed: bool, dice: random.Random
) -> str:
    """Write one version: a title of its own, a part of the seed's sentences, and sentences of its own."""
    titles = entries(words("articles")["zh"]["titles"])
    title = disguise.spin(dice.choice(titles), dice).replace("{target}", target)
    body = list(seed)
    if not is_seed and dice.random() >= part.verbatim_share:
        share = dice.uniform(*part.containment)
        keep = sorted(dice.sample(range(len(seed)), max(1, round(share * len(seed)))))
        body = [seed[number] for number in keep]
        for sentence in _sentences(stance, target, dice)[: round(len(body) * (1 - share) / share)]:
            body.insert(dice.randint(0, len(body)), sentence)
    text = f"【{title}】{''.join(body)}"
    return to_traditional(text) if dice.random() < part.traditional_share else text


def _own_words(
    part: recipe.Articles, target: str, n: int, n_accounts: int, dice: random.Random, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, list[str], list[str]]:
    """Write articles that share nothing but, for some, the event."""
    speech = language("zh")
    topic = np.repeat(rng.integers(speech.n_topics, size=n), 5)
    parts = speech.comments(topic, rng).to_list()
    texts, templates = [], []
    for row in range(n):
        body = "".join(parts[row * 5 : row * 5 + 5])
        is_event = dice.random() < part.event_share
        if is_event:
            report = _sentences("report", target, dice)[: dice.randint(1, 3)]
            body = f"{report[0]}{body}{''.join(report[1:])}"
        texts.append(body)
        templates.append("event" if is_event else "other")
    at = draw_times(part.days, part.hours, n, rng)
    author = np.resize(rng.permutation(n_accounts), n)
    return author, at, texts, templates
