"""Settings that sentences, comments and code state: batch size, epochs, optimizer and so on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from refashion.audit.reading.models import NAME
from refashion.audit.reading.passages import Span, fenced, looks_like_code
from refashion.audit.reading.readings import Setting
from refashion.audit.reading.sentence import Sentence
from refashion.audit.reading.vocabulary import NUMERALS
from refashion.documents.document import Document, LineKind, TextLine
from refashion.printed import NUMBER

LONGEST_LINE = 1_000
# How many lines above a line of code the name of its model may stand.
_FAR = 150
_LONGEST_HEADING = 90

_SIZE = r"\(?\d{1,4}\s?(?:x|×|\*|,|by|\\times)\s?\d{1,4}\)?(?!\w)"
# A number that was parted: "0. 0000001".
_PARTED = r"0\.\s0\d{1,12}"
_NUMERAL = r"(?<![\w-])(?:" + "|".join(NUMERALS) + r")(?![\w-])"
_VALUE = (
    rf"(?P<value>{_PARTED}|{_SIZE}|\d(?:\.\d+)?e-\d+|10\s?\^\s?[{{(]?-\d+[)}}]?"
    rf"|{NUMBER.pattern}|{_NUMERAL})"
)
_LINK = (
    r"\s*(?:parameter|value|layer|rate|hyper-?parameter)?s?\s*(?:\([^()]{0,20}\)\s*)?"
    r"(?:of|is|was|are|were|to be|to|=|:|as|at|that is|with|being|used (?:was|is))?\s*"
    r"(?:set (?:to|at|as)|equal to|chosen (?:to be|as)|fixed (?:to|at)|only|just|a|an|the)?\s*"
)
_NUMERIC = {
    "batch_size": r"(?:mini-?)?batch[- _]?size",
    "epochs": r"(?:number of (?:training )?epochs|epoch[- _](?:size|count|number)|n_?epochs"
    r"|epochs(?=\s*[:=]))",
    "learning_rate": r"(?:initial |base |starting )?learning[- _]rate|(?<!\w)lr(?=\s*(?:=|of|:))"
    r"|step size(?= of)",
    "dropout": r"drop-?out(?:\s+(?:layers?"
    r"|regulari[sz]ation))?(?:\s+with(?:\s+an?)?)?(?:\s+(?:drop(?:out)?\s+)?"
    r"(?:rate|probability|ratio|fraction))?|drop[- ]rate",
    "l2": r"(?:l2|ridge)[- ](?:regulari[sz]ation|penalty|regulari[sz]er)(?:\s+(?:rate|factor"
    r"|parameter|strength))?"
    r"|regulari[sz](?:er|ation)[- ](?:rate|parameter|strength|factor|coefficient)|weight decay",
    "alpha": r"(?<!\w)alpha(?:/slope)?|negative slope",
    "momentum": r"momentum",
    "pool_size": r"pool(?:ing)?[- _](?:size|window)",
    "kernel_size": r"(?:kernel|filter)[- _]size|(?:filters?|kernels?)(?= of size| of \d+\s?[x×])",
    "strides": r"strides?",
    "patience": r"patience",
    "test_size": r"test_size",
    "validation_split": r"validation[_ ]split",
    "random_state": r"random[- _](?:state|seed)|(?<!\w)seed",
    "n_estimators": r"n_estimators|number of (?:trees|estimators)",
    "max_depth": r"max(?:imum)?[- _]depth",
    "n_neighbors": r"n_neighbors|number of neighbou?rs|(?<![\w])k(?=\s*=)",
    "units": r"(?:number of (?:hidden )?(?:units|neurons|nodes))",
    "layers": r"number of (?:hidden )?layers",
    "folds": r"number of folds|n_splits",
}
_NAME_FIRST = [
    (name, re.compile(rf"(?<![\w-])(?:{words})(?![\w-]){_LINK}{_VALUE}", re.IGNORECASE))
    for name, words in _NUMERIC.items()
]
_NUMBER_FIRST = [
    (name, re.compile(rf"{_VALUE}[\s-]+(?:\([^()]{{1,20}}\)\s+)?{words}(?![\w-])", re.IGNORECASE))
    for name, words in {
        "epochs": r"(?:training\s+|full\s+|complete\s+)?epochs",
        "units": r"(?:hidden\s+)?(?:units|neurons|nodes)",
        "filters": r"(?:\d\s?[x×]\s?\d\s+)?(?:convolutional\s+)?(?:filters|kernels)",
        "layers": r"hidden\s+layers",
        "n_estimators": r"(?:decision\s+)?(?:trees|estimators)",
        "n_neighbors": r"(?:nearest\s+)?neighbou?rs",
        # "--epochs 5 --batch-size 64": a number before an option is of the option before it.
        "batch_size": r"(?:as\s+)?(?:the\s+)?(?<!-)batch[- ]size",
    }.items()
]
_FOLDS = re.compile(r"(?<![\w.,-])(?P<value>\d{1,2})[- ]?folds?\b", re.IGNORECASE)
_WIDTH = re.compile(
    rf"\bwidth\s+of\s+the\s+[\w\s-]{{0,30}}?layer\s+(?:to\s+be|is|was|of|to)\s+{_VALUE}"
    rf"|layer['’]?s?\s+width\s+(?:to\s+be|is|was|of|to)\s+{_VALUE.replace('value', 'other')}",
    re.IGNORECASE,
)
_FILTER_SIZE = re.compile(r"\d+\s+(?P<value>\d\s?[x×]\s?\d)\s+(?:filters|kernels)", re.IGNORECASE)
_OPTIMIZER = (
    r"(?P<value>adam(?:w|ax)?|nadam|sgd|rmsprop|adagrad|adadelta|ftrl|l-?bfgs"
    r"|stochastic gradient descent"
    r"|mini-?batch gradient descent)"
)
_LOSS = (
    r"(?P<value>(?:sparse[- _])?categorical[- _]cross[- _]?entropy|binary[- _]cross[- _]?entropy"
    r"|cross[- _]?entropy"
    r"|mean[- _]squared[- _]error|mean[- _]absolute[- _]error|mse|mae|hinge|huber"
    r"|negative log[- ]likelihood|softmax"
    r"|kl[- ]divergence)"
)
_ONE_ACTIVATION = (
    r"(?:leaky[- ]?relu|relu|sigmoid|softmax|tanh|elu|selu|gelu|swish|softplus"
    r"|rectified linear unit)"
)
_ACTIVATION = (
    rf"(?P<value>{_ONE_ACTIVATION}(?:(?:\s*,)?(?:\s*and)?\s+(?:a\s+)?{_ONE_ACTIVATION}){{0,4}})"
)
_WORDED = [
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        (
            "optimizer",
            rf"(?<!\w){_OPTIMIZER}\s*(?:\([^()]{{0,60}}\)\s*)?(?:algorithm\s+)?(?:as\s+(?:the"
            rf"|our|an)\s+)?optimi[sz]er",
        ),
        (
            "optimizer",
            rf"optimi[sz]er\s*(?:is|was|used|selected|to achieve this|chosen|,|:|=|of|to|from"
            rf"|\s){{0,6}}(?:the\s+|an?\s+)?{_OPTIMIZER}(?!\w)",
        ),
        ("optimizer", rf"using\s+(?:the\s+)?{_OPTIMIZER}(?!\w)"),
        ("loss", rf"(?<!\w){_LOSS}\s+(?:\([^()]{{0,20}}\)\s+)?(?:loss|as\s+(?:the|our)\s+loss)"),
        (
            "loss",
            rf"loss(?:\s+function)?\s*(?:used\s+)?(?:is|was|:|=|of|we use"
            rf"|which in our case will be|\(|will be){{0,2}}\s*(?:the\s+)?{_LOSS}(?!\w)",
        ),
        (
            "activation",
            rf"(?<!\w){_ACTIVATION}\s*(?:\([^()]{{0,20}}\)\s*)?(?:layer\s+)?(?:activation"
            rf"|as\s+(?:the|an|our)\s+activation|is\s+the\s+activation)",
        ),
        (
            "activation",
            rf"activation(?:\s+functions?)?\s*(?:used\s+)?(?:is|was|:|=|of|being"
            rf"|\()?\s*(?:the\s+)?{_ACTIVATION}(?!\w)",
        ),
        ("padding", r"(?P<value>zero|same|valid)[- ]padding"),
    )
]
_BOUND = re.compile(
    r"\b(?:below|above|over|under|less than|more than|between|at most|at least|up to|first|last"
    r"|every|after|instead of|from|other|than)\s*$",
    re.I,
)
_TRIED = re.compile(
    r"\b(?:tr(?:y|ied|ying)|experiment\w*|different|various|instead|compared?|increas\w*"
    r"|decreas\w*|usually|typical\w*"
    r"|for example|e\.g|popular|common|default|other|if|could|may|might|would)\b",
    re.IGNORECASE,
)

# Names in code, as they may stand after a line of a PDF lost its underscores.
_ALIASES = {
    **{
        "batch_size": "batch_size",
        "epochs": "epochs",
        "nb_epoch": "epochs",
        "num_epochs": "epochs",
    },
    **{
        "n_epochs": "epochs",
        "max_epochs": "epochs",
        "learning_rate": "learning_rate",
        "lr": "learning_rate",
    },
    **{
        "dropout": "dropout",
        "dropout_rate": "dropout",
        "drop_rate": "dropout",
        "rate": "dropout",
        "p": "dropout",
    },
    **{"optimizer": "optimizer", "loss": "loss", "activation": "activation", "units": "units"},
    **{
        "recurrent_activation": "recurrent_activation",
        "filters": "filters",
        "kernel_size": "kernel_size",
    },
    **{
        "pool_size": "pool_size",
        "strides": "strides",
        "padding": "padding",
        "momentum": "momentum",
    },
    **{
        "alpha": "alpha",
        "negative_slope": "alpha",
        "test_size": "test_size",
        "train_size": "train_size",
    },
    **{
        "validation_split": "validation_split",
        "random_state": "random_state",
        "seed": "random_state",
    },
    **{"n_splits": "folds", "cv": "folds", "patience": "patience", "n_estimators": "n_estimators"},
    **{
        "max_depth": "max_depth",
        "n_neighbors": "n_neighbors",
        "c": "C",
        "gamma": "gamma",
        "kernel": "kernel",
    },
    **{"max_iter": "max_iter", "hidden_layer_sizes": "hidden_layer_sizes", "weight_decay": "l2"},
}
_ASSIGNED = re.compile(
    r"(?<![\w.])(?P<name>"
    + "|".join(sorted((a.replace("_", "[_ ]") for a in _ALIASES), key=len, reverse=True))
    + r")"
    r"\s*=(?!=)\s*(?P<value>'[^']{0,80}'|\"[^\"]{0,80}\"|\([^()]{0,80}\)|\[[^\[\]]{0,80}\]"
    r"|[+-]?[\w.]+(?:e[+-]?\d+)?(?P<call>\()?)",
    re.IGNORECASE,
)
_FIRST, _SECOND = r"(?P<value>\d[\d.]*(?:e-?\d+)?|\([\d,\s]+\))", r"(?P<value>\d+|\([\d,\s]+\))"
_CALLS = [
    (name, re.compile(pattern))
    for name, pattern in (
        ("dropout", rf"(?:Dropout\w*)\(\s*{_FIRST}\s*[,)]"),
        ("units", r"(?:Dense|LSTM|GRU|SimpleRNN|dense[_ ]layer)\(\s*(?P<value>\d+)\s*[,)]"),
        ("filters", r"(?:Conv\dD|SeparableConv2D|conv[_ ]layer)\(\s*(?P<value>\d+)\s*[,)]"),
        ("kernel_size", rf"(?:Conv\dD|SeparableConv2D|conv[_ ]layer)\(\s*\d+\s*,\s*{_SECOND}"),
        ("pool_size", rf"(?:Max|Average)Pool(?:ing)?\dD\(\s*{_SECOND}"),
        ("alpha", r"LeakyReLU\(\s*(?P<value>[\d.]+)\s*\)"),
        ("l2", r"regularizers\.\s?[l1]2\(\s*(?P<value>[\d.e-]+)\s*\)"),
        (
            "learning_rate",
            r"(?:Adam\w*|SGD|RMSprop|Nadam|Adagrad)\(\s*(?P<value>[\d.]+(?:e-?\d+)?)\s*[,)]",
        ),
        ("folds", r"(?:KFold|StratifiedKFold)\(\s*(?P<value>\d+)"),
    )
]
TRIED, SEVERAL = "it may only have been tried", "several values are named"
_COMMENT = re.compile(r"(?:^|\s)#+\s*(?P<text>[^#].*)$")
_DEFINED = re.compile(r"\bdef\s+(\w+)")


def find(
    document: Document, sentences: Iterable[Sentence], left_out: Iterable[Span] = ()
) -> Iterator[Setting]:
    """Yield the settings that sentences and code state, in the order of the lines.

    Parameters
    ----------
    document
        The document.
    sentences
        Its sentences.
    left_out
        Ranges of lines that are neither sentences nor code: logs and tables.
    """
    in_code = [*_in_code(document, [*left_out])]
    known = {(each.first, each.name, each.value) for each in in_code}
    told = _in_sentences(sentences)
    found = [*in_code, *(each for each in told if (each.first, each.name, each.value) not in known)]
    yield from sorted(found, key=lambda setting: setting.first)


def _in_sentences(sentences: Iterable[Sentence]) -> Iterator[Setting]:
    for sentence in sentences:
        for name, value, (start, end), doubts in _stated(sentence.passage.text):
            first, last = sentence.passage.lines(start, end)
            yield Setting(
                first=first,
                last=last,
                quote=sentence.passage.quote(sentence.document, start, end),
                doubts=doubts,
                name=name,
                value=value,
                subject=_model(sentence, start),
                is_used=not {TRIED, SEVERAL} & {*doubts},
            )


def _model(sentence: Sentence, start: int) -> str | None:
    named = [name[0] for name in NAME.finditer(sentence.passage.text, 0, start)]
    return named[-1] if named else sentence.model


def _stated(text: str) -> Iterator[tuple[str, str, Span, tuple[str, ...]]]:
    """Yield name, value, place and doubts of each setting of a sentence; each place once."""
    taken: set[int] = set()
    for name, pattern in (
        *_NAME_FIRST,
        *_NUMBER_FIRST,
        ("kernel_size", _FILTER_SIZE),
        ("folds", _FOLDS),
        ("units", _WIDTH),
        *_WORDED,
    ):
        for found in pattern.finditer(text):
            group = "value" if found["value"] else "other"
            start, value = found.start(group), found[group].strip()
            if start in taken or _BOUND.search(text[max(0, start - 14) : start]):
                continue
            taken.add(start)
            value = value if name == "padding" else _plain(value)
            yield name, value, found.span(), tuple(_doubts(text, found, group))


def _plain(value: str) -> str:
    if re.fullmatch(_PARTED, value):
        return "".join(value.split())
    number = NUMERALS.get(value.lower())
    return value.rstrip(".") if number is None else str(number)


def _doubts(text: str, found: re.Match[str], group: str) -> Iterator[str]:
    after = text[found.end(group) : found.end(group) + 12]
    if re.match(r"\s*(?:,|/|-|–|and|or|to)\s*(?:\d|\.\d)", after):
        yield SEVERAL
    if re.fullmatch(_PARTED, found[group]):
        yield "the number is parted by a blank"
    if _TRIED.search(text, max(0, found.start() - 60), found.end()) or re.match(
        r"\s+instead\b", text[found.end() :]
    ):
        yield TRIED


def _in_code(document: Document, left_out: list[Span]) -> Iterator[Setting]:
    left = {number for first, last in left_out for number in range(first, last + 1)}
    inside = fenced(document)
    for line in document.lines:
        is_code = line.number in inside or looks_like_code(line.text)
        if line.number in left or not is_code or line.kind is LineKind.OUTPUT:
            continue
        if len(line.text) <= LONGEST_LINE:
            yield from _of_line(document, line)


def _of_line(document: Document, line: TextLine) -> Iterator[Setting]:
    comment = _COMMENT.search(line.text)
    text = line.text.replace("\\_", "_")
    code = text[: comment.start()] if comment else text
    subject = None
    for name, value in (*_assigned(code), *_called(code)):
        subject = subject or _model_above(document, line)
        yield _setting(line, name, value, subject, is_code=True)
    if not comment:
        # A line of a docstring is no statement.
        if not looks_like_code(text) or re.match(r"\s*[A-Z][a-z]+ [a-z]", text):
            yield from _told(document, line, text)
        return
    for name, value in (*_assigned(comment["text"]), *_called(comment["text"])):
        setting = _setting(line, name, value, _model_above(document, line), is_code=True)
        yield replace(setting, doubts=("it is commented out",), is_used=False)
    if not looks_like_code(comment["text"]):
        yield from _told(document, line, comment["text"])


def _told(document: Document, line: TextLine, text: str) -> Iterator[Setting]:
    """Read a comment or a line of a docstring."""
    for name, value, _, doubts in _stated(text):
        setting = _setting(line, name, value, _model_above(document, line), is_code=False)
        yield replace(setting, doubts=doubts, is_used=not {TRIED, SEVERAL} & {*doubts})


def _setting(line: TextLine, name: str, value: str, subject: str | None, is_code: bool) -> Setting:
    quote = " ".join(line.text.split())
    return Setting(
        first=line.number,
        last=line.number,
        quote=quote,
        name=name,
        value=value,
        subject=subject,
        is_code=is_code,
    )


def _assigned(code: str) -> Iterator[tuple[str, str]]:
    for found in _ASSIGNED.finditer(code):
        name, value = _ALIASES[found["name"].lower().replace(" ", "_")], found["value"].rstrip("(")
        if found["call"] or (
            "." in value and not value[0].isdigit() and value[0] not in "'\"([+-."
        ):
            if name not in ("optimizer", "loss", "activation"):
                continue  # a number that is computed
            value = value.rpartition(".")[2]
        elif value[0].isalpha():
            continue  # a variable
        if name in ("kernel", "C", "gamma") and found["name"] in ("c", "Gamma"):
            continue
        yield name, value.strip("'\"")


def _called(code: str) -> Iterator[tuple[str, str]]:
    for name, pattern in _CALLS:
        for found in pattern.finditer(code):
            yield name, found["value"]


def _model_above(document: Document, line: TextLine) -> str | None:
    """Return the model that a comment, a function or a heading above a line of code names."""
    for above in reversed(document.lines[max(0, line.number - _FAR) : line.number]):
        text = above.text.strip()
        if found := _DEFINED.search(text):
            words = found[1].replace("_", " ")
            named = NAME.search(words.upper()) or NAME.search(words)
            if named:
                return named[0]
        is_mark = text.startswith(("#", "[")) or text.endswith(":")
        is_heading = above.kind is LineKind.HEADING or (is_mark and len(text) < _LONGEST_HEADING)
        if is_heading and (named := NAME.search(text)):
            return named[0]
    return None
