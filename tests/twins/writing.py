"""Made-up writing: words of no language, so that two texts share nothing unless one is built from the other."""

_ONSETS = ("b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "ch", "st", "pr")
_VOWELS = ("a", "e", "i", "o", "u", "ai", "ou")
_HAN = (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对"
    "成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经"
)


def word(random):
    return "".join(random.choice(_ONSETS) + random.choice(_VOWELS) for _ in range(random.randint(2, 4)))


def words(random, n):
    return [word(random) for _ in range(n)]


def sentence(random, n_words=20):
    return " ".join(words(random, n_words))


def han(random, n_chars=40):
    return "".join(random.choice(_HAN) for _ in range(n_chars))


def reworded(random, text, share):
    """Replace a share of the words by others."""
    parts = text.split(" ")
    for i in random.sample(range(len(parts)), round(share * len(parts))):
        parts[i] = word(random)
    return " ".join(parts)
