"""Campaigns: accounts of one operator that spread the same narratives under the posts of many targets."""

import random
from dataclasses import dataclass

import numpy as np
import polars as pl

from detector.errors import ConfigError
from detector.lab import chance, disguise, recipe
from detector.lab.crowd import old_comments, plain_part
from detector.lab.drip import paraphrases
from detector.lab.habits import write_comments
from detector.lab.language import capitalise, language, words
from detector.lab.people import Accounts, gather_accounts
from detector.lab.record import Draft, draft_rows
from detector.lab.stage import DAY_S, WORLD_SEED, Posts, seconds
from detector.lab.timetable import Slots, spread_out


def play_campaigns(
    part: recipe.Campaign, posts: Posts, sizes: list[tuple[int, int]], name: str, rng: np.random.Generator
) -> list[Draft]:
    """Draft the comments of campaigns that differ in accounts and, with texts of their own, in texts.

    Parameters
    ----------
    part, posts
        Parameters, and the posts that can be commented on.
    sizes
        Comments and accounts of each campaign, at the scale in use.
    name
        Start of the campaign ids in the truth.
    rng
        Source of chance.

    Returns
    -------
    list[Draft]
        For each campaign its comments, and the filler and older comments of the same accounts.
    """
    if unknown := set(part.text_mix) - set(disguise.WAYS):
        raise ConfigError(f"part {part.kind}: text_mix knows no {min(unknown)!r}; only {', '.join(disguise.WAYS)}")
    templates = _own_templates(part, len(sizes), rng) if part.narratives == "own" else []
    if part.narratives not in ("own", "drip"):
        templates = [_written_templates(part)] * len(sizes)
    drafts = []
    for number, (n, n_accounts) in enumerate(sizes):
        accounts = gather_accounts(part, n_accounts, rng)
        slots = spread_out(part, accounts, posts, n, rng)
        rows = _comments(part, accounts, posts, slots, templates[number] if templates else None, rng)
        extras = _extras(part, accounts, posts, slots, rng)
        campaign = pl.lit(f"{name}-{number}").alias("campaign_id")
        drafts.append(Draft(accounts, posts, pl.concat([rows, *extras]).with_columns(campaign)))
    return drafts


def _extras(
    part: recipe.Campaign, accounts: Accounts, posts: Posts, slots: Slots, rng: np.random.Generator
) -> list[pl.DataFrame]:
    """Draft what campaign accounts write besides the campaign: copies of a bystander, filler, their past."""
    extras = [old_comments(part, accounts, slots.account, slots.at, part.label, rng)]
    if part.filler is not None:
        n = round(len(slots.at) * part.filler.share / (1 - part.filler.share))
        author = slots.account[rng.integers(len(slots.at), size=n)]
        at = slots.at[rng.integers(len(slots.at), size=n)] + rng.integers(-DAY_S, DAY_S, size=n)
        habits = recipe.Habits(mention=0, short_phrase=0.1, quote=0, reply=0, topics=part.filler.topics)
        written = write_comments(plain_part(part, habits), accounts.language[author], rng.random(n), rng)
        extras.append(
            draft_rows(
                n, account=author, at=at, post=np.full(n, -1), text=written.text, url=written.url, lang=written.lang,
                label_kind=[f"{part.kind}-filler"] * n,
            )
        )  # fmt: skip
    if part.borrowed is not None:
        extras.append(_borrow(part, part.borrowed, accounts, posts, slots, rng))
    return extras


def _borrow(
    part: recipe.Campaign,
    borrowed: recipe.Borrowed,
    accounts: Accounts,
    posts: Posts,
    slots: Slots,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """Draft the copies of an innocent person's comment by campaign accounts."""
    n = max(1, round(borrowed.n_copies * len(slots.at) / part.n_comments))
    author = rng.permutation(np.unique(slots.account))[:n]
    n = len(author)
    at = seconds(borrowed.start) + rng.integers(int(borrowed.within_h * 3600), size=n)
    target = rng.choice(len(posts.shares), size=n, p=posts.shares)
    return draft_rows(
        n, account=author, at=at, post=posts.before(accounts.platform[author], target, at),
        text=[borrowed.text] * n, lang=[borrowed.lang] * n, label=np.ones(n, dtype=int),
        label_kind=[f"{part.kind}-copy"] * n, template_id=["borrowed"] * n,
        evasions=[[]] * n,
    )  # fmt: skip


@dataclass(frozen=True)
class Templates:
    """Wordings by language: `texts[lang][narrative][form]`, and the spun source of each narrative."""

    ids: list[str]
    critic: dict[str, str]
    texts: dict[str, list[list[str]]]
    spun: dict[str, list[str]]


def _written_templates(part: recipe.Campaign) -> Templates:
    """Spin the written claims of a campaign into their fixed forms."""
    material = words(part.narratives)
    narratives = material["narratives"][: part.n_narratives or None]
    spun = {code: [narrative[code] for narrative in narratives] for code in part.languages}
    texts = {
        code: [
            [disguise.spin(text, _dice(f"{WORLD_SEED} {code} {number} {form}")) for form in range(part.n_forms)]
            for number, text in enumerate(sources)
        ]
        for code, sources in spun.items()
    }
    return Templates([str(narrative["id"]) for narrative in narratives], material["critic"], texts, spun)


def _own_templates(part: recipe.Campaign, n_campaigns: int, rng: np.random.Generator) -> list[Templates]:
    """Invent comments for each campaign, long enough to be told from chance."""
    count = part.n_narratives or 12
    pools = {}
    for code in part.languages:
        speech = language(code)
        said = speech.comments(rng.integers(speech.n_topics, size=count * n_campaigns * 8 + 100), rng).to_list()
        shortest = 25 if code == "zh" else 70
        pools[code] = [f"{{target}} {text}" for text in said if len(text) >= shortest]
    made = []
    for number in range(n_campaigns):
        spun = {code: pool[number * count : (number + 1) * count] for code, pool in pools.items()}
        texts = {code: [[text] for text in sources] for code, sources in spun.items()}
        made.append(Templates([f"own-{number}-{i}" for i in range(count)], {}, texts, spun))
    return made


def _dice(seed: int | str) -> random.Random:
    """Return random numbers that are not for secrets."""
    return random.Random(seed)  # noqa: S311


def _comments(
    part: recipe.Campaign,
    accounts: Accounts,
    posts: Posts,
    slots: Slots,
    templates: Templates | None,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """Write the campaign's comments: narrative by wave, language by account, variation by the mix."""
    n = len(slots.at)
    lang = np.asarray(list(part.languages), dtype=object)[accounts.language[slots.account]]
    urls = _links(part, n, rng)
    if templates is None:
        texts, template, evasions = paraphrases(part, lang, rng)
        texts = [f"{text} {url}" if url else text for text, url in zip(texts, urls, strict=True)]
    else:
        texts, template, evasions = _vary(part, templates, accounts, posts, slots, lang, urls, rng)
    return draft_rows(
        n, account=slots.account, at=slots.at, post=slots.post, text=texts, url=urls, lang=lang.tolist(),
        label=None if part.label is None else np.full(n, part.label), label_kind=[part.kind] * n,
        template_id=template, evasions=evasions,
    )  # fmt: skip


def _vary(
    part: recipe.Campaign,
    templates: Templates,
    accounts: Accounts, posts: Posts, slots: Slots, lang: np.ndarray, urls: list[str | None],
    rng: np.random.Generator,
) -> tuple[list[str], list[str], list[list[str]]]:  # fmt: skip
    """Vary the templates; clears the link of comments that are cut off before it."""
    n = len(slots.at)
    count = len(templates.ids)
    weights = chance.zipf(count, part.narrative_zipf)
    narrative = rng.choice(count, size=n, p=weights)
    in_wave = slots.wave >= 0
    if in_wave.any():
        of_wave = rng.choice(count, size=slots.wave.max() + 1, p=weights)
        narrative[in_wave] = of_wave[slots.wave[in_wave]]
    n_forms = len(templates.texts[str(lang[0])][0])
    form = rng.choice(n_forms, size=n, p=chance.zipf(n_forms, part.narrative_zipf))
    ways = np.asarray(list(part.text_mix), dtype=object)[chance.pick_shares(part.text_mix, n, rng)]
    dice = _dice(int(rng.integers(1 << 62)))
    texts, ids, evasions = [], [], []
    platforms = [posts.platforms[number] for number in accounts.platform[slots.account]]
    targets = [posts.names[number] for number in posts.target[slots.post]]
    for row, (code, which, version, way) in enumerate(zip(lang, narrative, form, ways, strict=True)):
        source = templates.texts[code][which][version]
        if way in ("spintax", "reworded"):
            source = disguise.spin(templates.spun[code][which], dice)
        target = f"@{targets[row].replace('-', '_')}" if platforms[row] == "x" else targets[row]
        text = source.replace("{target}", target).replace("{critic}", templates.critic.get(code, ""))
        text = capitalise(text)
        if way == "truncated":
            urls[row] = None
        url = urls[row]
        if url and dice.random() < 0.3:
            text = f"{disguise.WAYS[way](text, dice, code)} {url}"
        else:
            linked = way in ("random_tail", "plus_spaces")
            text = disguise.WAYS[way](f"{text} {url}" if url and linked else text, dice, code)
            text = f"{text} {url}" if url and not linked else text
        texts.append(text)
        ids.append(f"{templates.ids[which]}-{code}-{version}")
        evasions.append([] if way == "exact" else [way])
    return texts, ids, evasions


def _links(part: recipe.Campaign, n: int, rng: np.random.Generator) -> list[str | None]:
    """Draw the links of n comments: few videos, popular ones more often, each in one or more shapes of address."""
    if part.links is None:
        return [None] * n
    shapes = ("https://video.example.org/watch?v={}", "https://example.org/short/{}", "https://v.example.com/{}?s=1")
    names = chance.id_strings(np.arange(part.links.n_links), int(rng.integers(1 << 40))).str.slice(0, 11).to_list()
    which = rng.choice(part.links.n_links, size=n, p=chance.zipf(part.links.n_links, 0.7))
    shape = rng.integers(min(part.links.n_shapes, len(shapes)), size=n)
    has = rng.random(n) < part.links.share
    return [shapes[s].format(names[w]) if h else None for s, w, h in zip(shape, which, has, strict=True)]
