"""Numbered recipes: the parameters of a simulated comment section, as tables of a TOML file.

A recipe describes a *stage* (targets and their posts) and the parts played on it: `organic` people, `campaign`s,
`copies` of one public text by many people, news `articles`, and live `chat`s. Every number is data, with its unit in
its name. Counts hold at scale 1.0. A recipe may take in the parts of other recipes with `include`.
"""

import datetime as dt
from typing import Annotated

import msgspec

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Count = Annotated[int, msgspec.Meta(ge=0)]
Positive = Annotated[float, msgspec.Meta(gt=0)]
Range = tuple[float, float]


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of a recipe; unknown keys are errors."""


class Stage(Table, frozen=True, kw_only=True):
    """The targets, and how often they post.

    Attributes
    ----------
    targets
        Number of targets by prefix: `MP = 48` gives MP-001 to MP-048. Earlier targets draw more comments.
    n_groups
        Parties (or other groups) that the targets belong to, in turn.
    top_share
        Share of the comments that goes to the first target; the others share the rest by rank.
    posts_per_day
        Posts of one target on one platform in a day.
    """

    targets: dict[str, Count]
    n_groups: Annotated[int, msgspec.Meta(ge=1)] = 1
    top_share: Share = 0.1
    posts_per_day: Positive = 2.0


class Stretch(Table, frozen=True, kw_only=True):
    """Days with a steady rate; the rates are relative, since the number of comments is fixed by the part."""

    start: dt.date
    end: dt.date
    per_weekday: Annotated[float, msgspec.Meta(ge=0)] = 1.0
    per_weekend_day: Annotated[float, msgspec.Meta(ge=0)] = 1.0


class Hours(Table, frozen=True, kw_only=True):
    """A share of the comments written between two hours of the clock at an offset from UTC; uniform inside."""

    share: Share
    start_hour: float = 0.0
    end_hour: float = 24.0
    utc_offset_h: float = 0.0
    round_to_min: Count = 0


class Cohort(Table, frozen=True, kw_only=True):
    """A share of the accounts with one origin.

    Creation dates come from `age_days` before the first comment, or else from the range `created`, growing by
    `growth` a year. With `n_batches`, they are bunched into that many windows of `batch_h` hours. With `gap_days`, an
    account has older comments (`history_mean` of them, in one of `history_languages` or its own) and then was silent.
    """

    share: Share
    age_days: Range | None = None
    created: tuple[dt.date, dt.date] | None = None
    growth: Positive = 1.0
    n_batches: Count = 0
    batch_h: Positive = 48.0
    gap_days: Range | None = None
    history_mean: float = 0.0
    history_languages: list[str] = []


class People(Table, frozen=True, kw_only=True):
    """Who comments: origins, handle shapes (on platforms that show handles), followers and likes.

    Comments per account follow a negative binomial law above the first; `activity_shape` is its shape (small: a few
    accounts write most of it).
    """

    cohorts: list[Cohort]
    handles: dict[str, Share]
    activity_shape: Positive = 0.3
    max_comments_per_account: Count = 0
    zero_followers_share: Share = 0.03
    followers_median: Positive = 110.0
    followers_sigma: float = 1.7
    zero_likes_share: Share = 0.6
    likes_mean: Positive = 3.0
    verified_share: Share = 0.01
    near_duplicate_names_share: Share = 0.0


class Habits(Table, frozen=True, kw_only=True):
    """How organic people write: shares of comments with a habit (0–1), and what they repeat."""

    mention: Share = 0.6
    short_phrase: Share = 0.08
    quote: Share = 0.01
    double_post: Share = 0.003
    reply: Share = 0.2
    link: Share = 0.06
    emoji: Share = 0.1
    hashtag: Share = 0.06
    greeting: Share = 0.05
    lower_case: Share = 0.12
    upper_case: Share = 0.02
    typo: Share = 0.08
    no_final_stop: Share = 0.3
    traditional: Share = 0.3
    hashtag_set: list[str] = []
    slogans: list[str] = []
    slogan: Share = 0.0
    topics: list[str] = []


class Peak(Table, frozen=True, kw_only=True):
    """A day on which the posts of all targets draw `factor` times the comments."""

    day: dt.date
    factor: Positive


class Part(Table, frozen=True, kw_only=True):
    """What every part has: its label, its size, its platforms and languages (shares that sum to 1)."""

    kind: str
    label: Annotated[int, msgspec.Meta(ge=0, le=1)] | None
    n_comments: Annotated[int, msgspec.Meta(ge=1)]
    n_accounts: Annotated[int, msgspec.Meta(ge=1)]
    platforms: dict[str, Share]
    languages: dict[str, Share]
    people: People
    days: list[Stretch]
    hours: list[Hours] = []


class Organic(Part, frozen=True, kw_only=True):
    """Unconnected people in their own words. Without `hours` they follow the posts, with a delay."""

    delay_median_min: Positive = 150.0
    delay_sigma: float = 1.6
    peaks: list[Peak] = []
    habits: Habits = Habits()


class Waves(Table, frozen=True, kw_only=True):
    """Comments that fall on one post together: their share, wave sizes and length."""

    share: Share
    n_comments: tuple[int, int]
    length_min: Positive


class Links(Table, frozen=True, kw_only=True):
    """Links that a campaign carries: how often, how many, and in how many shapes each."""

    share: Share
    n_links: Annotated[int, msgspec.Meta(ge=1)]
    n_shapes: Annotated[int, msgspec.Meta(ge=1)] = 1


class Rotation(Table, frozen=True, kw_only=True):
    """From `day` on, a share of the accounts is gone, and a share of the active ones is new."""

    day: dt.date
    stop_share: Share
    new_share: Share


class Filler(Table, frozen=True, kw_only=True):
    """Posts of campaign accounts about other things: their share of all posts, and whose posts they sit under."""

    share: Share
    topics: list[str]


class Borrowed(Table, frozen=True, kw_only=True):
    """An innocent person's comment that campaign accounts copy from `start` on (a joe-job).

    The person is another part of the recipe: a `copies` part of one account with the same text.
    """

    n_copies: Annotated[int, msgspec.Meta(ge=1)]
    text: str
    lang: str
    start: dt.datetime
    within_h: Positive


class Campaign(Part, frozen=True, kw_only=True):
    """Accounts of one operator that spread the same narratives.

    Attributes
    ----------
    narratives
        `flood`, `crypto`: claims under `words/`; `drip`: a fresh paraphrase each time; `own`: invented comments.
    n_narratives
        For `own`: how many; for the others the first so many.
    text_mix
        Share of each way to vary a text; see `detector.lab.disguise`.
    narrative_zipf
        Exponent of the popularity of narratives and of their wordings.
    max_per_account_per_day
        Upper limit, 0 for none.
    n_campaigns
        How many such campaigns, each with its own accounts and texts, share the comments evenly.
    """

    narratives: str
    text_mix: dict[str, Share]
    n_narratives: Count = 0
    n_forms: Annotated[int, msgspec.Meta(ge=1)] = 4
    narrative_zipf: float = 1.0
    exact_by_mistake: Share = 0.0
    waves: Waves | None = None
    links: Links | None = None
    rotation: Rotation | None = None
    filler: Filler | None = None
    borrowed: Borrowed | None = None
    max_per_account_per_day: Count = 0
    n_campaigns: Annotated[int, msgspec.Meta(ge=1)] = 1


class Copies(Part, frozen=True, kw_only=True):
    """Many real people who send the same public text: a form letter, a greeting, a headline.

    Attributes
    ----------
    texts
        The versions by language; `{target}` stands for the target's name, `{number}` for the place of a signature among
        all, {a|b} for a choice of words.
    url
        A public link that everyone adds; empty for none.
    mention
        Share that addresses the target by name.
    edited, own_words, signed, emoji
        Shares of people who change a word, add words of their own, sign with a name, add `emoji_used`.
    start, half_life_h
        With both, comments begin at `start` and fall by half every `half_life_h`; else they follow `days` and `hours`.
    """

    texts: dict[str, list[str]]
    url: str = ""
    mention: Share = 0.0
    edited: Share = 0.0
    own_words: Share = 0.0
    signed: Share = 0.0
    emoji: Share = 0.0
    emoji_used: tuple[str, ...] = ("👍", "🙏", "❤️")
    start: dt.datetime | None = None
    half_life_h: Positive | None = None


class Chat(Part, frozen=True, kw_only=True):
    """Live chats of the same people: `n_comments` in all, shared by sessions of `length_min` from each of `starts`.

    Attributes
    ----------
    texts
        What waves of people repeat, by language; {a|b} for a choice of words.
    wave_share, n_waves, wave_length_s
        Share of the comments that fall into waves, waves in a session, and their length.
    emote, emotes
        Share of the other comments that are emotes only.
    crescendo
        1 for steady talk; above, it thickens towards the end of a session.
    """

    starts: Annotated[list[dt.datetime], msgspec.Meta(min_length=1)]
    length_min: Positive
    texts: dict[str, list[str]]
    wave_share: Share
    n_waves: Annotated[int, msgspec.Meta(ge=1)]
    wave_length_s: Positive
    emote: Share = 0.3
    emotes: tuple[str, ...] = ("pogLamp", "kekHeron", "😂", "GG", "🔥🔥🔥")
    crescendo: Positive = 1.0


class Articles(Part, frozen=True, kw_only=True):
    """News accounts that publish articles (scenario B).

    Attributes
    ----------
    groups
        Accounts by kind, at scale 1.0; the kind is added to the part's own.
    unscored
        Kinds whose label is null.
    n_stories
        Stories that a network versions, `n_comments / n_stories` times each; 0 for accounts that each write their own.
    verbatim_share
        Share of the versions that are the seed's text unchanged.
    containment
        Range of the share of a version's sentences that come from the seed.
    follow
        Hours after the seed, and the share of versions out by then, both rising; the last share is 1.
    stances
        `attack`, `praise` or `report` for each stretch of `days`, in turn.
    event_share
        Without stories: the share of the articles that are about the first target of the stage.
    """

    groups: dict[str, Count]
    unscored: list[str] = []
    n_stories: Count = 0
    verbatim_share: Share = 0.2
    containment: tuple[Share, Share] = (0.5, 0.9)
    follow: tuple[tuple[float, Share], ...] = ((2, 0.6), (24, 0.85), (72, 1.0))
    stances: tuple[str, ...] = ("attack",)
    event_share: Share = 0.15
    traditional_share: Share = 0.05


class Include(Table, frozen=True, kw_only=True):
    """The parts of another recipe, at their own scale; `only` names the kinds to take, all if empty."""

    recipe: str
    scale: Positive = 1.0
    only: list[str] = []


class Recipe(Table, frozen=True, kw_only=True):
    """A numbered recipe.

    Attributes
    ----------
    id
        Permanent number; never given to another recipe.
    scenario
        Short name for people.
    seed
        Start of the random numbers; included parts use the seed of the recipe that includes them.
    scale
        Multiplies counts of comments and accounts when `simulate` is given none.
    """

    id: Annotated[int, msgspec.Meta(ge=1)]
    scenario: str
    about: str
    seed: Count
    scale: Positive = 1.0
    stage: Stage | None = None
    organic: list[Organic] = []
    campaign: list[Campaign] = []
    copies: list[Copies] = []
    articles: list[Articles] = []
    chat: list[Chat] = []
    include: list[Include] = []
