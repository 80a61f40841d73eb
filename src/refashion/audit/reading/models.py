"""Models that a document speaks of, and what it counts and lists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from refashion.audit.reading.passages import Passage
from refashion.audit.reading.readings import (
    NamedModel,
    OneHot,
    StatedCount,
    StatedList,
    StatedRange,
)
from refashion.audit.reading.vocabulary import NUMERALS
from refashion.documents.document import Document

_ORDINALS = (
    "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|[1-9]\\d?(?:st|nd|rd|th)"
)
_NUMERALS = "one|two|three|four|five|six|seven|eight|nine|ten"
_KINDS = (
    r"(?:convolutional|recurrent|deep|dense|artificial|feed-?forward|fully[- ]connected|simple"
    r"|basic"
    r"|multi-?layer|vanilla|shallow)"
)
_FAMILIES = (
    rf"(?:{_KINDS}\s+){{1,3}}(?:(?:neural\s+)?networks?|model|classifier|perceptrons?)"
    r"|neural\s+networks?|(?:multi-?layer(?:ed)?\s+)?perceptrons?"
    r"|(?:(?:multinomial|binary|softmax|logistic|linear|ridge|lasso|polynomial"
    r"|elastic[- ]?net)\s+){1,2}"
    r"regression|soft-?\s?max(?=\s+(?:model|classifier|regression)|:)|elastic[- ]?net|lasso|ridge"
    r"|random\s+forests?|decision\s+trees?|extra[- ]?trees"
    r"|(?:extreme\s+)?gradient[- ]boost(?:ing|ed)"
    r"|support\s+vector\s+(?:machines?|classifiers?|regress(?:ion|or))"
    r"|k-?\s?nearest[- ]neighbou?rs?|nearest\s+(?:neighbou?r|centroid)"
    r"|(?:(?:gaussian|multinomial|bernoulli|complement)\s+)?na[iï]ve\s+bayes"
    r"|(?:linear|quadratic)\s+discriminant(?:\s+analysis)?|gaussian\s+process(?:es)?"
    r"|long[- ]short[- ]term[- ]memory|gated\s+recurrent\s+units?|auto-?encoders?|k-?means"
    r"|(?:voting|stacking|bagging)\s+(?:classifier|regressor|ensemble)|isolation\s+forests?"
)
_SHORT = (
    r"(?:[1-3]D[- ]?)?CNNs?(?:-(?:LSTM|GRU|SVM))?|RNNs?|(?:Bi-?)?LSTMs?|(?:Bi-?)?GRUs?|MLPs?"
    r"|DNNs?|ANNs?"
    r"|FCNNs?|FNNs?|SVMs?|SVC|SVR|[kK]-?NN|LDA|QDA|GANs?|VAEs?|XGB(?:oost)?|XGBoost|LightGBM"
    r"|LGBM|CatBoost"
    r"|AdaBoost|HistGradientBoosting|ResNet-?\d*(?:V2)?|VGG-?\d*|MobileNet(?:-?[Vv]\d)?"
    r"|Inception(?:-?[Vv]\d)?"
    r"|DenseNet-?\d*|EfficientNet(?:-?[BV]\d)?|LeNet(?:-\d)?|AlexNet|Xception|U-?Net|YOLO(?:v\d+)?"
    r"|(?:Distil|Ro|Al|Sci|Bio)?BERT(?:a)?(?:-(?:base|large))?|GPT-?\d?|T5|ViT|ARIMA|SARIMA"
    r"|Prophet|DBSCAN"
    r"|[A-Z]\w{2,30}(?:Classifier|Regressor|Regression|NB)"
)
_NUMBERED = (
    rf"(?:model|experiment|network|architecture|configuration|variant|classifier|approach|cnn"
    rf"|setup)"
    rf"[ -]?(?:no\.?\s*|#\s*)?(?:\d{{1,2}}(?![\d%,]|\.\d)|(?:{_NUMERALS})\b"
    rf"|[A-F]\b(?!\s+[a-z]+ing))"
)
_QUALIFIED = (
    rf"(?:{_ORDINALS}|base(?:line)?|dummy|proposed|initial|original|final|improved|optimi[sz]ed"
    rf"|tuned"
    rf"|modified|pre-?trained|simplest|default|basic)\s+(?:models?|experiment|network|cnn"
    rf"|classifier)"
)
# A name of a model; its families are found in any case, its short forms only as they are written.
NAME = re.compile(
    rf"(?<![\w-])(?:(?i:{_NUMBERED})|(?i:{_QUALIFIED})|(?:{_SHORT})|(?i:{_FAMILIES}))(?![\w]|-\w)"
    r"(?:\s+(?i:with|using|in)\s+(?:TensorFlow|Keras|PyTorch|NumPy|[Ss]cikit-[Ll]earn|sklearn))?"
)
# Names that mean the same, by their form in `key`.
_SHORT_FORMS = {
    "convolutional neural network": "cnn",
    "convolutional network": "cnn",
    "recurrent neural network": "rnn",
    "long short term memory": "lstm",
    "gated recurrent unit": "gru",
    "multilayer perceptron": "mlp",
    "multi layer perceptron": "mlp",
    "multi layered perceptron": "mlp",
    "support vector machine": "svm",
    "support vector": "svm",
    "svc": "svm",
    "k nearest neighbor": "knn",
    "k nearest neighbour": "knn",
    "k nn": "knn",
    "softmax regression": "softmax",
    "soft max": "softmax",
    "soft max regression": "softmax",
    "xgb": "xgboost",
    "lgbm": "lightgbm",
}
_SUFFIX = re.compile(r"\s+(?:models?|classifiers?|regressors?)$", re.IGNORECASE)

_NOUNS = (
    r"models?|networks?|classifiers?|algorithms?|layers?|classes|categories|labels|experiments?"
    r"|features?|variables?|callbacks?|optimizers?|activation functions?|folds|datasets?|batches"
    r"|groups"
)
_PLURALS = _NOUNS.replace("s?", "s")
_COUNT = re.compile(
    rf"(?<![\w.,-])(?P<value>\d{{1,6}}|{_NUMERALS}|eleven|twelve"
    rf"|twenty)\s+(?:[\w-]+\s+(?:\(\w+\)\s+)?){{0,4}}?"
    rf"(?P<of>{_PLURALS})(?![\w-])",
    re.IGNORECASE,
)
_LIST = re.compile(
    rf"(?P<of>{_NOUNS})\s*(?:\((?=[^()]*,)|(?:are|were|include|being|used are|named"
    rf"|called)\s*:?\s+(?=[^.]*,)"
    r"|:\s+(?=[^.]*,))(?P<items>[^.():;]{3,600})",
    re.IGNORECASE,
)
_LABELLED = re.compile(
    r"(?<![\w.])(\d{1,3})\s*(?:=|:|→|->)\s*([^\W\d][\w/ -]{0,40}?)\s*(?=,|;|\.|$|\band\b|\))"
)
_STATED = re.compile(rf"(\d{{1,6}}|{_NUMERALS})\s+(?:[\w-]+\s+){{0,3}}$", re.IGNORECASE)
_ITEM = re.compile(r"\s*(?:,\s*(?:and|or)\b|,|;|\band\b|\bor\b)\s*")
_VECTOR = re.compile(r"\[\s*[01]\.?(?:\s*,?\s*[01]\.?){2,199}\s*\]")
_LABEL = re.compile(
    r"(?:class|label|digit|category|index)\w*\s+(?:label\s+)?(?:of|is|=|:)?\s*(\d{1,3})(?!\d)"
)
_RANGE = re.compile(
    r"(?<![\w.,-])\[?\(?(?P<low>-?\d+(?:\.\d+)?)\s*(?:-|–|—|to|and"
    r"|,)\s*(?P<high>-?\d+(?:\.\d+)?)\]?\)?(?![\w%-]|\.\d)"
)
# "5000-55000 is for training"
_USE = re.compile(
    r"\s*(?:is|are|were|was|used)\s+(?:used\s+)?(?:for|as)\s+(?:the\s+)?(?P<of>training|validation|test(?:ing)?)",
    re.IGNORECASE,
)
_RANGED = re.compile(
    r"(?<![\w])(pixel|label|value|epoch|intensit|probabilit|class)\w*", re.IGNORECASE
)
_RANGE_WORDS = re.compile(
    r"(?:(?:is|are|be|of|between|from|range|ranging|ranges|in|stayed|values|labels)\s+(?:of\s+)?"
    r"(?:\[|\()?|labels\s+)$",
    re.IGNORECASE,
)


def find(document: Document, text: Iterable[Passage]) -> Iterator[NamedModel]:
    """Yield the models that a document names, in their order; each once, with all its lines."""
    names: dict[str, tuple[str, str, list[int]]] = {}
    for passage in text:
        for found in NAME.finditer(passage.text):
            line = passage.lines(*found.span())[0]
            quote = passage.quote(document, *found.span())
            names.setdefault(key(found[0]), (found[0], quote, []))[2].append(line)
    for name, quote, lines in names.values():
        yield NamedModel(
            first=lines[0],
            last=lines[0],
            quote=quote,
            name=name,
            mentions=tuple(dict.fromkeys(lines)),
        )


def key(name: str) -> str:
    """Return a form of a name that is the same for its spellings.

    Examples
    --------
    >>> key("Model two") == key("model 2") == key("the 2nd model"), key("CNNs")
    (True, 'cnn')
    """
    plain = " ".join(_SUFFIX.sub("", name.lower().replace("-", " ")).split()).removeprefix("the ")
    plain = plain.removesuffix("s") if len(plain) > 3 or name.endswith("Ns") else plain
    if plain in _SHORT_FORMS:
        return _SHORT_FORMS[plain]
    if found := re.fullmatch(rf"({_ORDINALS})(?:\s+(?:model|network|cnn))?", plain):
        return f"model {_ordinal(found[1])}"
    if found := re.fullmatch(rf"(?:model|network|cnn)\s*#?\s*(\d+|{_NUMERALS})", plain):
        return f"model {NUMERALS.get(found[1], found[1])}"
    return plain


def _ordinal(word: str) -> int:
    words = _ORDINALS.split("|")[:10]
    return words.index(word) + 1 if word in words else int(re.sub(r"\D", "", word))


def find_counts(document: Document, text: Iterable[Passage]) -> Iterator[StatedCount]:
    """Yield numbers of models, layers, classes and other things that sentences state."""
    for passage in text:
        for found in _COUNT.finditer(passage.text):
            before = passage.text[: found.start()].rstrip().lower()
            inside = found[0].lower()
            if before.endswith(
                ("figure", "table", "section", "model", "eq.", "to", "step", "-")
            ) or (
                re.search(r"\b(?:of|in|for|the|is|and|or|to|as|with|by|units?|filters?)\b", inside)
            ):
                continue
            first, last = passage.lines(*found.span())
            yield StatedCount(
                first=first,
                last=last,
                quote=passage.quote(document, *found.span()),
                value=found["value"],
                of=_singular(found["of"]),
                doubts=_partial(passage.text[: found.start()], passage.text[found.end() :]),
            )


def _partial(before: str, after: str) -> tuple[str, ...]:
    """Doubt a number that may be of a part only: "one of 10 labels", "the other 4 models"."""
    if re.search(
        r"\b(?:other|first|last|next|previous|remaining|these|those|another|at least"
        r"|more than)\s*$",
        before,
    ):
        return ("it may be the number of a part of them",)
    if re.search(r"\b(?:each|per|every)\b", before[-40:]) or re.match(
        r"\s+(?:each|per|more)\b", after
    ):
        return ("it may be a number for each of something",)
    return ()


def _singular(noun: str) -> str:
    noun = noun.lower()
    if noun.endswith("ies"):
        return noun[:-3] + "y"
    return noun.removesuffix("es") if noun.endswith(("sses", "ches")) else noun.removesuffix("s")


def find_lists(document: Document, text: Iterable[Passage]) -> Iterator[StatedList]:
    """Yield what sentences list: "the categories are A, B, or C", "0 = A, 1 = B"."""
    for passage in text:
        labelled = [*_LABELLED.finditer(passage.text)]
        if len(labelled) > 2 and [int(each[1]) for each in labelled] in (
            [*range(len(labelled))],
            [*range(1, len(labelled) + 1)],
        ):
            items = [each[2].strip() for each in labelled]
            start, end = labelled[0].start(), labelled[-1].end()
            yield _listed(document, passage, start, end, "label", items, passage.text[:start])
            continue
        for found in _LIST.finditer(passage.text):
            if items := _items(found["items"]):
                before = passage.text[: found.start()]
                yield _listed(document, passage, *found.span(), found["of"], items, before)


def _listed(
    document: Document,
    passage: Passage,
    start: int,
    end: int,
    of: str,
    items: Sequence[str],
    before: str,
) -> StatedList:
    first, last = passage.lines(start, end)
    stated = _STATED.search(before) or re.search(r"(\d+)\s+(?:labels|classes|categories)\b", before)
    return StatedList(
        first=first,
        last=last,
        quote=passage.quote(document, start, end),
        of=_singular(of),
        items=tuple(items),
        stated=stated[1] if stated else None,
    )


def _items(text: str) -> list[str]:
    """Split a list into its items; nothing if one of them is too long to be a name."""
    items = [item.strip(" '\"“”") for item in _ITEM.split(text)]
    items = [re.sub(r"^(?:an?|the)\s+", "", item) for item in items if item]
    is_list = len(items) > 2 and all(len(item.split()) <= 4 for item in items)
    is_list = is_list and not any(
        re.search(r"\b(?:is|are|was|were|we|it|that|which|to)\b", item) for item in items
    )
    return items if is_list else []


def find_one_hots(document: Document, text: Iterable[Passage]) -> Iterator[OneHot]:
    """Yield one-hot vectors, with the label that the sentence states for them."""
    for passage in text:
        for found in _VECTOR.finditer(passage.text):
            labels = [*_LABEL.finditer(passage.text[: found.start()])]
            first, last = passage.lines(*found.span())
            start = labels[-1].start() if labels else found.start()
            yield OneHot(
                first=first,
                last=last,
                quote=passage.quote(document, start, found.end()),
                vector=found[0],
                label=labels[-1][1] if labels else None,
                doubts=() if len(labels) == 1 else ("its label is not stated",),
            )


def find_ranges(document: Document, text: Iterable[Passage]) -> Iterator[StatedRange]:
    """Yield ranges of pixels, labels and the like that sentences state."""
    for passage in text:
        for found in _RANGE.finditer(passage.text):
            before = passage.text[max(0, found.start() - 60) : found.start()]
            named = [*_RANGED.finditer(before)]
            is_pair = re.search(r"\band\b|,", found[0]) is not None
            is_told = _RANGE_WORDS.search(before) or (
                found[0].startswith("[") and "range" in before
            )
            if float(found["low"]) >= float(found["high"]):
                continue
            if use := _USE.match(passage.text, found.end()):
                yield _range(document, passage, found, use["of"].lower().removesuffix("ing"))
                continue
            if not named or not is_told:
                continue
            if is_pair and not re.search(r"\b(?:between|range)\b", before):
                continue
            thing = _thing(named[-1] if named[-1][1].lower() != "value" else named[0])
            yield _range(document, passage, found, thing)


def _range(document: Document, passage: Passage, found: re.Match[str], of: str) -> StatedRange:
    first, last = passage.lines(*found.span())
    quote = passage.quote(document, max(0, found.start() - 60), found.end())
    return StatedRange(
        first=first, last=last, quote=quote, of=of, low=found["low"], high=found["high"]
    )


def _thing(found: re.Match[str]) -> str:
    word = found[0].lower()
    return _singular(word) if not word.endswith("ss") else word
