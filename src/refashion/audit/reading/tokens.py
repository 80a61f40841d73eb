"""Words of a sentence by what they do in a statement about a metric.

Every word gets a letter, so that patterns of a sentence are regular expressions of these letters:

    m  a metric                n  a number             i  a whole number without a percent sign
    t  a split                 u  a model or a class   q  a number of something ("20 epochs")
    o  "of", "is", "reached"   g  "on", "for", "with"  a  "the", "overall", "score"
    f  "from"                  2  "to"                 b  "by"
    c  "decrease", "gain"      v  "decreased"          H  "higher", "better"
    x  "highest", "best"       h  "than"               p  "points"
    K  "misclassified"         R  "correctly classified"
    ~  "about"                 > <  "over", "under"    N  "not"
    s  a setting               z  "using", "when"      k  "which"
    e  "all", "each"           &  "and", a comma       D  a duration
    ( ) brackets               ;  the end of a clause  w  any other word
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from refashion.audit.reading.models import NAME
from refashion.audit.reading.vocabulary import NUMERALS, metrics_in, splits_in
from refashion.printed import NUMBER

_CHANGES = {
    "increase": r"increas\w*|improv\w*|gains?|gained|ris(?:es?|ing)|rose|raised?|raises|jump(?:s"
    r"|ed)?"
    r"|boost(?:s|ed)?|grew|grows?|climb(?:s|ed)?",
    "decrease": r"decreas\w*|drop(?:s|ped)?|declin\w*|reduc\w*|fell|falls?|lower(?:ed|s|ing)"
    r"|degrad\w*"
    r"|worsen\w*|declined?|shr[aiu]nk\w*",
}
_MORE = {
    "increase": r"higher|better|greater|more|larger|superior",
    "decrease": r"lower|worse|less|smaller|inferior|fewer",
}
_MOST = {
    "highest": r"highest|greatest|largest|maximum|most",
    "lowest": r"lowest|smallest|minimum|least|minimal",
    "best": r"best",
    "worst": r"worst|poorest",
}
_DID = r"(?:classif\w+|predict\w+|labell?\w*|identif\w+|recogni[sz]\w+|categori[sz]\w+|guess\w*)"
_WAS = r"(?:classified|predicted|labell?ed|identified|recogni[sz]ed|categori[sz]ed|guessed)"
_WORDS: dict[str, str] = {
    "K": rf"(?:incorrect(?:ly)?|wrong(?:ly)?|false(?:ly)?|miss?(?:ed)?|inaccurate(?:ly)?"
    rf"|badly)[- ]?{_DID}"
    rf"|{_WAS}\s+(?:incorrectly|wrongly)|misclassif\w+|(?:mistakes|errors)(?=[\s,.;])",
    "R": rf"(?:correct(?:ly)?|right(?:ly)?|accurate(?:ly)?|proper(?:ly)?)\s+{_DID}"
    rf"|{_WAS}\s+(?:correctly|rightly|accurately)",
    ">": r"over|above|more than|greater than|higher than|at least|exceed\w*|no less than"
    r"|better than"
    r"|beyond|surpass\w*",
    "<": r"under|below|less than|lower than|fewer than|at most|up to|no more than",
    "~": r"about|around|approximately|approx\.?|roughly|nearly|almost|circa|ca\.|close to|near",
    "p": r"(?:percentage[- ])?points?|pp|p\.p\.|% points",
    "h": r"than",
    "f": r"from",
    "2": r"to",
    "b": r"by",
    "N": r"not|n[o']t|never|without|cannot|no|fail\w*|isn['’]t|wasn['’]t|didn['’]t|don['’]t|hard"
    r"|difficult",
    "e": r"all|each|both|respectively",
    "k": r"which|that",
    "z": r"using|when|after|before|while|whereas|although|because|since|until|if|than|unless|once",
    "s": r"(?:learning|dropout|drop|decay|sampling|regulari[sz]\w+)[- ]rate|dropout|momentum"
    r"|alpha|beta"
    r"|gamma|lambda|epsilon|size|threshold|temperature|weight|factor|ratio|probability|parameters?"
    r"|p-?values?|confidence|deviation|width|depth|epochs?|seeds?|version|slope|lr|decay|k|stride"
    r"|patience|variance|rang\w+|between|significance|level|fraction|std|interval|year|figure"
    r"|support",
    "o": r"of|is|was|are|were|be|been|being|reach\w*|achiev\w*|obtain\w*|attain\w*|scor(?:ed|ing)"
    r"|equals?|yield\w*|got|get|gets|had|has|have|having|hit|gave|gives|giving|shows?|showed"
    r"|showing"
    r"|receiv\w+|produc\w+|provid\w+|result\w* in|stands?|stood|becomes?|became|report\w+|record\w+"
    r"|lies|settled|stayed|peak\w*|converg\w*|plateau\w*|saturat\w*",
    "g": r"on|for|in|with|at|as|via|into|our|this|these|its|their|it|we|able|also|only|just|even"
    r"|and then"
    r"|there|overall|here|again|finally|set|sets|data|dataset|datasets|predictions?|split"
    r"|images?|samples?"
    r"|examples?|model|models|network|classifier|class|classes|clothing|algorithm|data['’]s|now"
    r"|terms",
    "a": r"the|a|an|average|mean|overall|final|total|score|scores|value|values|rate|very|quite"
    r"|relatively"
    r"|slightly|considerably|significantly|much|good|great|high|low|impressive|respectable"
    r"|corresponding"
    r"|macro|micro|weighted|avg|same|maximum|best|highest|lowest|lower|higher|better|worse"
    r"|classification",
}
_ANY = re.compile(
    rf"(?P<up>{_CHANGES['increase']})|(?P<down>{_CHANGES['decrease']})"
    rf"|(?P<more>{_MORE['increase']})"
    rf"|(?P<less>{_MORE['decrease']})",
    re.IGNORECASE,
)
_NOUN_OF_CHANGE = re.compile(
    r"increases?|improvements?|gains?|rise|jump|boost|decreases?|drop|decline|reduction|fall"
    r"|degradation",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[<>]=|[^\W\d_][\w'’./-]*(?<![./-])|[^\s\w]|\w+")
_PHRASES = {
    code: re.compile(rf"(?<![\w'’-])(?:{words})(?![\w'’]|-\w)", re.IGNORECASE)
    for code, words in _WORDS.items()
}
_SYMBOLS = {
    **dict.fromkeys([",", "&", "/", "and", "or", "&amp;"], "&"),
    **dict.fromkeys([";", ".", "!", "?", "but", "however", "whereas", "–", "—", "-"], ";"),
    **dict.fromkeys(["(", "["], "("),
    **dict.fromkeys([")", "]"], ")"),
    **dict.fromkeys(["~", "≈"], "~"),
    **dict.fromkeys([">", "≥", ">="], ">"),
    **dict.fromkeys(["<", "≤", "<="], "<"),
    **dict.fromkeys(["=", ":"], "o"),
}
_DURATION = re.compile(
    r"[\s-]*(milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|hours?|hrs?|h|days?)(?![\w'’])", re.I
)
_SPREAD = re.compile(r"\s*\(?(?:±|\+/-|\\pm)\s*(\d*\.?\d+\s?%?)\)?")
_PERCENT = re.compile(r"\s*(?:percent|per cent|per-cent|pct)\b", re.IGNORECASE)
_THINGS = re.compile(
    r"(?:[\s-]+(?!and\b|or\b|of\b|for\b|in\b|on\b|with\b|test\b|train\w*\b|validation\b|to\b"
    r"|is\b|was\b|but\b"
    r"|while\b|when\b|after\b|which\b|by\b)[a-z-]+){0,2}?[\s-]+(?P<noun>epochs?|iterations?"
    r"|steps?|rounds?|layers?|units?"
    r"|neurons?|nodes?|filters?|kernels?|(?:training |test(?:ing)? |validation )?(?:images?"
    r"|samples?|examples?|records?"
    r"|observations?|instances?|rows?|articles?|items?|data points?|pixels?|entries)|classes"
    r"|categories|labels?"
    r"|features?|variables?|parameters?|models?|networks?|trees?|neighbou?rs?|folds?|times?"
    r"|batches|runs?|seeds?"
    r"|estimators?|clusters?|channels?|dimensions?|words?|tokens?|columns?|callbacks?|values?"
    r"|probabilities|years?"
    r"|students?|participants?|days?|members?|experiments?|configurations?|kb|mb|gb|gpus?|cores?"
    r"|fps)(?![\w-])",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"(?:section|sections|sec\.|fig(?:ure)?s?\.?|tables?|tab\.|eqs?\.?|equations?|pages?|pp?\."
    r"|chapters?|appendix"
    r"|listings?|lines?|steps?|part|version|v|python|tensorflow|keras|cuda|question|assignment"
    r"|week|homework"
    r"|ref(?:erence)?s?\.?|nos?\.|number|layers?|conv|block|fold|epochs?|iteration|batch|seed"
    r"|class|label|digit|cluster"
    r"|year|top|level|day|phase|stage|grade|data|january|february|march|april|may|june|july"
    r"|august|september"
    r"|october|november|december|spring|summer|fall|winter|in|since|©|algorithm|experiment"
    r"|windows|ubuntu|task"
    r"|exercise|problem|item|point|[a-z]\s*[=<>]|#)\s*(?:#|no\.?)?\s*$",
    re.IGNORECASE,
)
_SIZE = re.compile(r"\s*(?:[x×*/]|\\times|by)\s*\d", re.IGNORECASE)
_SIZED = re.compile(r"\d\s*(?:[x×*/^]|\\times|by)\s*$", re.IGNORECASE)
# What makes a variable of a metric: "beta_loss".
_VARIABLE = re.compile(
    r"(?<![^\W_])(?!(?:val|valid|validation|train|training|test)_)[^\W_]{1,11}_$", re.I
)
_NUMBERED_CLASS = re.compile(r"\b(?:class|digit|label|category)\s+\d{1,3}\b(?!\s*%|[.,]\d)", re.I)
_SOME_MODELS = re.compile(
    r"\b(?P<kind>models?|experiments?"
    r"|networks?),?\s+(?P<all>\d{1,2}(?:\s*,\s*\d{1,2}){0,8}\s*,?\s*(?:and|&)\s*\d{1,2})"
    r"(?![\w%]|\.\d)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Token:
    """A word of a sentence, a number or a name, and the letter for what it does.

    Attributes
    ----------
    code
        The letter.
    text
        As written; of a number without what follows it.
    start, end
        Where it stands in the sentence.
    name
        What it says: a metric, a split, `increase` or `decrease`, a number with its unit.
    names
        Names of models or classes; several for "models 4 and 5".
    noun
        Of a number: what it counts ("images"), or its unit of time.
    is_class
        Whether a name is one of a class.
    """

    code: str
    text: str
    start: int
    end: int
    name: str = ""
    names: Sequence[str] = ()
    noun: str = ""
    is_class: bool = False


def tokens(text: str, classes: re.Pattern[str] | None = None) -> list[Token]:
    """Return the words of a sentence."""
    found: list[Token] = []
    at = 0
    special = {each.start: each for each in reversed([*_specials(text, classes)])}
    for start in [*sorted(special), len(text)]:
        if start < at:
            continue
        found += _plain(text, at, start)
        if start < len(text):
            found.append(special[start])
            at = special[start].end
    return [*_bounds(found)]


def _bounds(found: Sequence[Token]) -> Iterator[Token]:
    """Keep "over" and "lower than" as bounds only before a number."""
    for at, token in enumerate(found):
        if token.code not in "<>":
            yield token
            continue
        after = next((each for each in found[at + 1 : at + 4] if each.code not in "a~"), None)
        word, _, than = token.text.partition(" ")
        if after is not None and after.code in "niqD" and not (at and found[at - 1].code in "np"):
            yield token
        elif than and (kind := _ANY.fullmatch(word)):
            name = "increase" if kind.lastgroup == "more" else "decrease"
            middle = token.start + len(word)
            yield Token("H", word, token.start, middle, name=name)
            yield Token("h", than, middle + 1, token.end)
        else:
            yield Token("g", token.text, token.start, token.end)


def _specials(text: str, classes: re.Pattern[str] | None) -> Iterator[Token]:
    """Yield names, metrics, splits and numbers; of those that begin alike, the first counts."""
    for some in _SOME_MODELS.finditer(text):
        kind = some["kind"].lower().removesuffix("s")
        names = [f"{kind} {number}" for number in re.findall(r"\d+", some["all"])]
        yield Token("u", some[0], *some.span(), names=tuple(names))
    for name in NAME.finditer(text):
        yield Token("u", name[0], *name.span(), names=(name[0],))
    for name in classes.finditer(text) if classes else ():
        yield Token("u", name[0], *name.span(), names=(name[0],), is_class=True)
    for numbered in _NUMBERED_CLASS.finditer(text):
        named = (numbered[0],)
        yield Token("u", numbered[0], *numbered.span(), names=named, is_class=True)
    for metric in metrics_in(text):
        span = metric.start, metric.end
        if _VARIABLE.search(text[max(0, metric.start - 12) : metric.start]):
            continue
        yield Token("m", text[slice(*span)], *span, name=metric.name)
    for split in splits_in(text):
        span = split.start, split.end
        yield Token("t", text[slice(*span)], *span, name=split.name)
    yield from _numbers(text)
    for code, phrase in _PHRASES.items():
        if code in "KR<>~ps":
            for each in phrase.finditer(text):
                yield Token(code, each[0], *each.span())


def _numbers(text: str) -> Iterator[Token]:
    for found in NUMBER.finditer(text):
        yield _number(text, found)
    for found in re.finditer(rf"(?<![\w-])(?:{'|'.join(NUMERALS)})(?![\w-])", text, re.IGNORECASE):
        value = str(NUMERALS[found[0].lower()])
        if unit := _DURATION.match(text, found.end()):
            yield Token("D", found[0], found.start(), unit.end(), name=value, noun=unit[1])


def _number(text: str, found: re.Match[str]) -> Token:
    value, (start, end) = found[0].strip(), found.span()
    before = text[max(0, start - 30) : start]
    if value.endswith(".") and end < len(text):
        value = value.rstrip(".")
    if unit := _DURATION.match(text, end):
        return Token("D", value, start, unit.end(), name=value, noun=unit[1])
    is_whole = value.isdigit() or bool(re.fullmatch(r"\d{1,3}(?:,\d{3})+", value))
    if percent := _PERCENT.match(text, end):
        return Token("n", value, start, percent.end(), name=f"{value}%")
    if spread := _SPREAD.match(text, end):
        value, end = f"{value} ± {spread[1]}", spread.end()
    if "%" in value or "±" in value:
        return Token("n", value, start, end, name=value)
    if _SIZE.match(text, end) or _SIZED.search(before):
        return Token("w", value, start, end)
    if is_whole and (_REFERENCE.search(before) or _is_year(text, value, start, end)):
        return Token("w", value, start, end)
    if re.search(r"(?:^|[\s(])[a-zA-Z]\s*[=<>]\s*$|\[\s*$", before) or (
        re.search(
            r"(?:version|python|tensorflow|keras|v|section|sec\.|figure|table|chapter)\s*$",
            before,
            re.I,
        )
    ):
        return Token("w", value, start, end)
    if is_whole and (thing := _THINGS.match(text, end)):
        return Token("q", value, start, end, name=value, noun=thing["noun"].lower())
    return Token("i" if is_whole else "n", value, start, end, name=value)


def _is_year(text: str, value: str, start: int, end: int) -> bool:
    if not re.fullmatch(r"(?:19|20)\d\d", value):
        return False
    before, after = text[max(0, start - 12) : start], text[end : end + 1]
    return after == ")" or bool(
        re.search(r"(?:\b(?:in|of|since|by|until)|[A-Za-z],?|[(,])\s*$", before)
    )


def _plain(text: str, start: int, end: int) -> Iterator[Token]:
    """Yield the words between names, metrics and numbers."""
    for found in _TOKEN.finditer(text, start, end):
        code, name = _meaning(found[0])
        yield Token(code, found[0], *found.span(), name=name)


@lru_cache(maxsize=10_000)
def _meaning(word: str) -> tuple[str, str]:
    """Return the letter of a word and what it says."""
    if code := _SYMBOLS.get(word.lower()):
        return code, ""
    kind = _ANY.fullmatch(word)
    if kind and kind.lastgroup in ("up", "down"):
        name = "increase" if kind.lastgroup == "up" else "decrease"
        return "c" if _NOUN_OF_CHANGE.fullmatch(word) else "v", name
    if kind:
        return "H", "increase" if kind.lastgroup == "more" else "decrease"
    if most := next((name for name, ws in _MOST.items() if re.fullmatch(ws, word, re.I)), ""):
        return "x", most
    return next((code for code, phrase in _PHRASES.items() if phrase.fullmatch(word)), "w"), ""
