"""Settings in words. Two spellings of one setting are recognised, so that they do not differ."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from itertools import product

_RAISED = str.maketrans("⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹", "-+0123456789")
_POWER = r"(?:([0-9.]+)\s*[x*·]\s*)?\b10\s*(?:\^|\*\*)\s*[({]?([-+]?[0-9]{1,2})[)}]?"
_THOUSANDS = (
    r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?(?![0-9])|[1-9][0-9]{0,2}(?: [0-9]{3})+(?![0-9])"
)
_NUMBER = rf"(?:{_THOUSANDS}|(?:[0-9]+(?:[.,][0-9]+)?|\.[0-9]+)(?:e[-+]?[0-9]{{1,2}})?)"
_TOKEN = re.compile(
    rf"(?P<number>(?:(?<![\w.)])[-+])?{_NUMBER})(?P<percent>\s*(?:%|per ?cent\b))?"
    r"|(?P<word>[^\W\d_]+)|(?P<plus>\+)"
)

_NUMERALS = (
    *("zero", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
# Words that say what a thing is where its name or its size already does.
_NOISE = frozenset(
    {
        *("a", "an", "by", "of", "the", "with", "x"),
        *("activation", "algorithm", "function", "layer", "loss", "optimizer"),
        *("epoch", "filter", "neuron", "node", "pixel", "sample", "time", "unit"),
    }
)
_SHORT = {
    "adaptivemomentestimation": "adam",
    "batchnorm": "batchnormalization",
    "convolutionalneuralnetwork": "cnn",
    "fullyconnected": "dense",
    "gatedrecurrent": "gru",  # whose "unit" is noise
    "hyperbolictangent": "tanh",
    "leakyrectifiedlinear": "leakyrelu",
    "longshorttermmemory": "lstm",
    "lrelu": "leakyrelu",
    "maxpool": "maxpooling",
    "meanabsoluteerror": "mae",
    "meansquarederror": "mse",
    "meansquareerror": "mse",
    "multilayerperceptron": "mlp",
    "rectifiedlinear": "relu",
    "recurrentneuralnetwork": "rnn",
    "stochasticgradientdescent": "sgd",
}

Form = tuple[Decimal | str, ...]


def are_same(one: str, other: str) -> bool:
    """Whether two texts spell one setting.

    Case, white space, hyphens, the spelling of numbers and of a few terms do not matter. Where one
    is a number alone, words around the number of the other do not matter either.

    Examples
    --------
    >>> are_same("Leaky ReLU", "LeakyReLU"), are_same("1,000 epochs", "1000")
    (True, True)
    >>> are_same("28x28", "28 by 28 pixels"), are_same("softmax", "softmax + sigmoid")
    (True, False)
    """
    return any(_are_alike(*pair) for pair in product({*_forms(one)}, {*_forms(other)}))


def _are_alike(one: Form, other: Form) -> bool:
    numbers = [tuple(part for part in form if isinstance(part, Decimal)) for form in (one, other)]
    is_bare = one in numbers or other in numbers
    return one == other or bool(is_bare and numbers[0] and numbers[0] == numbers[1])


def _forms(text: str) -> Iterator[Form]:
    """Yield what a text may mean.

    A comma may part thousands or the entries of a list, a point may part thousands, and a percent
    sign may be left out.
    """
    plain = _plain(text)
    dotted = re.sub(r"\b([1-9][0-9]{0,2})\.([0-9]{3})\b", r"\1\2", plain)
    for readable in (plain, plain.replace(",", " ; "), dotted):
        for scale in (-2, 0):
            yield tuple(_parts(readable, scale)) or (plain,)


def _plain(text: str) -> str:
    text = re.sub("10([⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda found: f"10^{found[1].translate(_RAISED)}", text)
    text = re.sub(r"\(([A-Za-z]{2,8})\)", " ", text)  # an abbreviation after what it is short for
    text = unicodedata.normalize("NFKC", text).casefold().translate({0x2212: "-", 0xD7: "x"})
    text = re.sub(_POWER, lambda found: f"{found[1] or 1}e{found[2]}", text)
    return re.sub(r"\b([0-9]+)k\b", r"\g<1>000", text)


def _parts(text: str, scale: int) -> Iterator[Decimal | str]:
    """Yield the numbers and the words of a text; words that follow each other are one."""
    words = ""
    for found in _TOKEN.finditer(text):
        word = found["word"] and _stem(found["word"])
        if word and word not in _NUMERALS:
            words += "" if word in _NOISE else word
            continue
        if words:
            yield _SHORT.get(words, words)
        words = ""
        if found["plus"]:
            yield "+"
        elif word:
            yield Decimal(_NUMERALS.index(word))
        else:
            yield _number(found["number"]).scaleb(scale if found["percent"] else 0).normalize()
    if words:
        yield _SHORT.get(words, words)


def _stem(word: str) -> str:
    """Write a word in American spelling and in the singular."""
    word = re.sub("is(?=(?:e|ed|er|ing|ation)s?$)", "iz", word)
    word = word.replace("grey", "gray").replace("colour", "color")
    return word.removesuffix("s") if len(word) > 3 and not word.endswith("ss") else word


def _number(text: str) -> Decimal:
    if re.fullmatch(rf"[-+]?(?:{_THOUSANDS})", text):
        return Decimal(re.sub("[, ]", "", text))
    return Decimal(text.replace(",", "."))
