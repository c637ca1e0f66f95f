"""Compatibility forms (NFKC) of texts, worked out for those only that hold a character they may change."""

import polars as pl

# Characters that NFKC leaves as they are, whatever stands beside them: a part of them all, of most that people write.
UNCHANGED = (
    r"\x00-\x{9F}\x{A1}-\x{A7}\x{A9}\x{AB}-\x{AE}\x{B0}\x{B1}\x{B6}\x{B7}\x{BB}\x{BF}-\x{131}\x{134}-\x{13E}"
    r"\x{141}-\x{148}\x{14A}-\x{17E}\x{38E}-\x{3A1}\x{3A3}-\x{3CF}\x{400}-\x{482}\x{48A}-\x{52F}\x{5D0}-\x{5EA}"
    r"\x{61B}-\x{64A}\x{660}-\x{66F}\x{679}-\x{6D5}\x{200B}-\x{2010}\x{2012}-\x{2016}\x{2018}-\x{2023}"
    r"\x{2027}-\x{202E}\x{2060}-\x{2064}\x{20A9}-\x{20C0}\x{2190}-\x{222B}\x{2600}-\x{27BF}\x{3001}-\x{3029}"
    r"\x{3041}-\x{3096}\x{30A1}-\x{30FA}\x{30FC}\x{4E00}-\x{9FFF}\x{AC00}-\x{D7A3}\x{FE0E}\x{FE0F}\x{1F300}-\x{1FAFF}"
)


def compatible(texts: pl.Series, max_chars: int) -> pl.Series:
    """Return the compatibility forms of texts, of the first `max_chars` characters of each."""
    texts = texts.str.slice(0, max_chars)
    beyond = (texts.str.len_bytes() > texts.str.len_chars()).arg_true()
    at = beyond.filter(texts.gather(beyond).str.contains(f"[^{UNCHANGED}]"))
    if not len(at):
        return texts
    # NFKC may grow a character eighteenfold, so the limit is applied again after it.
    return texts.clone().scatter(at, texts.gather(at).str.normalize("NFKC").str.slice(0, max_chars))
