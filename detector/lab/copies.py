"""Many real people who send the same public text: form letters, greetings, headlines."""

import random

import numpy as np

from detector.lab import disguise, recipe
from detector.lab.handles import draw_names
from detector.lab.language import language
from detector.lab.people import gather_authors
from detector.lab.record import Draft, draft_rows
from detector.lab.stage import DAY_S, Posts, draw_times, seconds

HOUR_S = 3_600


def play_copies(part: recipe.Copies, posts: Posts, n: int, n_accounts: int, rng: np.random.Generator) -> Draft:
    """Draft n comments of people who send one text.

    Parameters
    ----------
    part, posts
        Parameters, and the posts that can be commented on.
    n, n_accounts
        Counts at the scale in use.
    rng
        Source of chance.

    Returns
    -------
    Draft
        n rows; the template id names the text and its language.
    """
    accounts, author = gather_authors(part, n, n_accounts, rng)
    at = _times(part, n, rng)
    target = rng.choice(len(posts.shares), size=n, p=posts.shares)
    post = posts.before(accounts.platform[author], target, at)
    lang = np.asarray(list(part.languages), dtype=object)[accounts.language[author]]
    texts, templates = _texts(part, lang, rng)
    names = [posts.names[number] for number in target]
    place = np.argsort(np.argsort(at, kind="stable")) + 1
    return Draft(
        accounts,
        posts,
        draft_rows(
            n,
            account=author,
            at=at,
            post=post,
            text=[
                text.replace("{target}", name).replace("{number}", f"{number:,}")
                for text, name, number in zip(texts, names, place.tolist(), strict=True)
            ],
            url=[part.url or None] * n,
            lang=lang.tolist(),
            label=None if part.label is None else np.full(n, part.label),
            label_kind=[part.kind] * n,
            template_id=templates,
            is_mention=rng.random(n) < part.mention,
        ),
    )


def _times(part: recipe.Copies, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw times over the days, or falling off by half every `half_life_h` from `start`."""
    if part.start is None or part.half_life_h is None:
        return draw_times(part.days, part.hours, n, rng)
    later = rng.exponential(part.half_life_h * HOUR_S / np.log(2), n)
    return np.asarray(seconds(part.start) + np.minimum(later, 7 * DAY_S)).astype(np.int64)


def _texts(part: recipe.Copies, lang: np.ndarray, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """Write each person's copy: as given, or with the small changes that people make."""
    n = len(lang)
    dice = random.Random(int(rng.integers(1 << 62)))  # noqa: S311
    signature = draw_names(lang, 0.0, False, rng).to_list()
    own: list[str] = [""] * n
    for code in part.languages:
        rows = np.flatnonzero(lang == code)
        speech = language(code)
        said = speech.comments(rng.integers(speech.n_topics, size=len(rows)), rng).to_list()
        for row, text in zip(rows.tolist(), said, strict=True):
            own[row] = text
    texts, templates = [], []
    for row, code in enumerate(lang.tolist()):
        number = dice.randrange(len(part.texts[code]))
        text = disguise.spin(part.texts[code][number], dice)
        if dice.random() < part.edited:
            text = _edit(text, dice)
        if dice.random() < part.own_words:
            text = f"{own[row]} {text}" if dice.random() < 0.5 else f"{text} {own[row]}"
        if dice.random() < part.signed:
            text = f"{text} {signature[row]}"
        if dice.random() < part.emoji:
            text = f"{text} {''.join(dice.choices(part.emoji_used, k=dice.randint(1, 3)))}"
        if part.url:
            text = f"{text} {part.url}"
        texts.append(text)
        templates.append(f"{part.kind}-{code}-{number}")
    return texts, templates


def _edit(text: str, dice: random.Random) -> str:
    """Leave out, double or lower one word, or change the end mark."""
    kind, parts = dice.randrange(4), text.split(" ")
    place = dice.randrange(len(parts))
    if kind == 0 and len(parts) > 3:
        del parts[place]
    elif kind == 1:
        parts[place] = parts[place].lower()
    elif kind == 2:
        return text.rstrip(".!。！") + dice.choice(("!", "!!", "", "..."))
    else:
        parts[place] = parts[place].upper()
    return " ".join(parts)
