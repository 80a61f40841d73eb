"""Networks in code of Keras: their layers, and how they are compiled and fitted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from refashion.audit.reading.cells import gaps, quoted
from refashion.audit.reading.code import Call, Code, parts
from refashion.audit.reading.readings import Listing
from refashion.backends.keras_listing import INPUTS, table
from refashion.documents.document import Document

MOST_LAYERS = 400
# Of more calls without an end the text is no code.
MOST_UNCLOSED = 100
# A name stands for what was assigned to it so many letters before at most.
FURTHEST = 12_000

_FIT = ("x", "y", "batch_size", "epochs", "verbose", "callbacks", "validation_split")
_COMPILE = ("optimizer", "loss", "metrics", "loss_weights")
_CALLS = re.compile(
    r"(?<![\w.])(?:(?P<target>[A-Za-z_]\w{0,60})\s*=\s*)?(?:"
    r"(?P<sequential>(?:[a-z_]\w{0,20}\.){0,4}Sequential)"
    r"|(?P<model>(?:[a-z_]\w{0,20}\.){0,4}Model)"
    r"|(?P<owner>[A-Za-z_]\w{0,60})\s?\.\s?(?P<method>add|compile|fit|fit_generator)"
    r"|(?P<partial>(?:functools\.)?partial)"
    r"|(?P<layer>(?:[a-z_]\w{0,20}\.){0,4}[A-Z]\w{1,40})"
    r")\s?(?P<bracket>\()"
)
_PARTIAL_NAME = re.compile(r"([A-Za-z_][\w ]{0,60}?)\s*=\s*(?:functools\.)?$")
_ENTRY = re.compile(r"(?P<callee>[A-Za-z_][\w. ]{0,120}?)\s*\(")
_KEYWORD = re.compile(r"(?P<name>[A-Za-z_][\w ]{0,50}?)\s*=(?!=)\s*(?P<value>.+)", re.DOTALL)
_ASSIGNED = re.compile(
    r"^[ \t]*(?P<name>[A-Za-z_]\w{0,60})\s*=\s*"
    r"(?P<value>-?\d[\w.+-]{0,30}|'[^'\n]{0,60}'|\"[^\"\n]{0,60}\"|[A-Za-z_][\w.]{0,80}\([^()\n]{0,100}\))"
    r"\s*(?:#.*)?$",
    re.MULTILINE,
)
_APPLIED = re.compile(r"\s?\(\s*([A-Za-z_]\w*|\[[^\]\n]{0,200}\])\s*\)")
_DAMAGED = re.compile(r"[A-Za-z]\s[A-Za-z]")

Layers = list[tuple[str, Mapping[str, str]]]


@dataclass
class _Open:
    target: str | None
    layers: Layers = field(default_factory=list)
    compiled: dict[str, str] = field(default_factory=dict)
    fitted: dict[str, str] = field(default_factory=dict)
    spans: list[tuple[int, int]] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    is_chain: bool = True  # of the functional interface
    inputs: list[str] = field(default_factory=list)


@dataclass
class _Names:
    """What names stand for: layers with some arguments, and values."""

    partials: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    values: list[tuple[int, str, str]] = field(default_factory=list)

    def value(self, text: str, place: int) -> str:
        """Return what a name stands for at a place, or the text itself."""
        if not text.isidentifier():
            return text
        found = (
            value
            for start, name, value in reversed(self.values)
            if name == text and place - FURTHEST <= start < place
        )
        return next(found, text)


def find(document: Document) -> Iterator[Listing]:
    """Yield the networks that stand in a document as code of Keras.

    Names that code before assigns a plain value to are replaced by it, so that `epochs=epochs`
    is read as 8.
    """
    code = Code.of(document)
    if "Sequential" not in code.text and "Model(" not in code.text:
        return
    assigned = _ASSIGNED.finditer(code.text)
    names = _Names(values=[(each.start(), each["name"], each["value"]) for each in assigned])
    networks: list[_Open] = []
    chain: _Open | None = None
    behind, unclosed = 0, 0
    for found in _CALLS.finditer(code.text):
        is_apart = (found["layer"] and not found["target"]) or (found["model"] and not chain)
        if found.start() < behind or is_apart:
            continue
        call = code.call(found.start(), found.start("bracket"))
        unclosed += not call.is_whole
        if unclosed > MOST_UNCLOSED:
            break
        if found["sequential"]:
            if re.search(r"\b(?:nn|torch)\.", found["sequential"]):
                continue
            networks.append(_sequential(call, found["target"], names))
        elif found["partial"]:
            _partial(code, found, call, names)
        elif found["owner"]:
            _method(networks, found, call, names)
        elif found["layer"]:
            chain = _chained(code, chain, found, call, names)
        elif chain:
            networks.append(_ended(chain, found["target"], call))
            chain = None
        behind = call.end if call.is_whole else found.end()
    yield from (_listing(document, code, each) for each in networks if each.layers)


def _ended(chain: _Open, target: str | None, call: Call) -> _Open:
    """End a network of the functional interface at the call of `Model`."""
    chain.target = target
    chain.spans.append((call.start, call.end))
    if not chain.is_chain:
        chain.doubts.append("its layers are no plain chain")
    return chain


def _sequential(call: Call, target: str | None, names: _Names) -> _Open:
    network = _Open(target, spans=[(call.start, call.end)])
    if not call.is_whole:
        network.doubts.append("the end of its code was not found")
    listed = next((re.sub(r"^layers\s*=\s*", "", text) for text in call.arguments), "")
    inside = listed[1:-1] if call.is_whole else listed[1:]
    for entry in parts(inside) if listed[:1] in ("[", "(") else ():
        if len(network.layers) < MOST_LAYERS:
            _add(network, entry, names, call.start)
    return network


def _add(network: _Open, entry: str, names: _Names, place: int) -> None:
    """Add an entry of a list of layers, if it is a call."""
    found = _ENTRY.match(entry)
    if found is None:
        if entry.isidentifier():
            network.doubts.append(f"what {entry} is does not stand there")
        return
    if _DAMAGED.search(found["callee"]) or _DAMAGED.search(_without_strings(entry)):
        network.doubts.append("its code lost underscores")
    inside = entry[found.end() :]
    inside = inside[:-1] if inside.endswith(")") else inside
    kind, given = names.partials.get(_key(found["callee"]), ("", {}))
    kind = kind or _type(found["callee"])
    network.layers.append((kind, given | _named([*parts(inside)], _order(kind), names, place)))


def _without_strings(text: str) -> str:
    text = re.sub(r"'[^']{0,80}'|\"[^\"]{0,80}\"", "", text)
    return re.sub(r"\b(?:if|else|for|in|not|and|or|lambda|is)\b", ",", text)


def _key(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


@cache
def _types() -> Mapping[str, str]:
    return {_key(name): name for name in (*table()["layers"], *INPUTS)}


def _type(callee: str) -> str:
    """Return the type of a layer as Keras spells it, without its module."""
    last = callee.strip().rpartition(".")[2].strip()
    return _types().get(_key(last), last.replace(" ", "_"))


def _order(kind: str) -> Sequence[str]:
    """Return the names of the arguments of a layer in their order."""
    if kind in INPUTS:
        return ("shape", "batch_size")
    known = table()["layers"].get(kind)
    return (*known["required"], *known["defaults"]) if known else ()


def _named(
    arguments: Sequence[str], order: Sequence[str], names: _Names, place: int
) -> dict[str, str]:
    """Return arguments by name; those without one by their place."""
    found: dict[str, str] = {}
    for at, text in enumerate(arguments):
        if keyword := _KEYWORD.fullmatch(text):
            name, value = keyword["name"].replace(" ", "_"), keyword["value"]
        else:
            name, value = (order[at] if at < len(order) else f"argument {at + 1}"), text
        found.setdefault(name, names.value(value, place))
    return found


def _partial(code: Code, found: re.Match[str], call: Call, names: _Names) -> None:
    """Remember a name for a layer with some of its arguments: `partial(Dense, ...)`."""
    before = code.text[max(0, found.start("partial") - 80) : found.start("partial")]
    name = found["target"] or ((near := _PARTIAL_NAME.search(before.split("\n")[-1])) and near[1])
    full = _PARTIAL_NAME.search(before.split("\n")[-1])
    if not call.arguments or not name:
        return
    given = {
        keyword["name"].replace(" ", "_"): keyword["value"]
        for text in call.arguments[1:]
        if (keyword := _KEYWORD.fullmatch(text))
    }
    names.partials[_key(full[1] if full else name)] = (_type(call.arguments[0]), given)


def _method(networks: Sequence[_Open], found: re.Match[str], call: Call, names: _Names) -> None:
    """Read a call of a network: of `add`, `compile` or `fit`."""
    fits = [each for each in networks if each.target in (found["owner"], None)]
    if not fits or not call.arguments:
        return
    network, method = fits[-1], found["method"]
    if method == "add":
        _add(network, call.arguments[0], names, call.start)
    elif method == "compile" and not network.compiled:
        if not any("=" in text or text[0] in "'\"“" for text in call.arguments):
            return  # a description: compile(loss, optimizer, metrics)
        network.compiled = _named(call.arguments, _COMPILE, names, call.start)
    elif method.startswith("fit") and not network.fitted:
        network.fitted = _named(call.arguments, _FIT, names, call.start)
    else:
        return
    network.spans.append((call.start, call.end))


def _chained(
    code: Code, chain: _Open | None, found: re.Match[str], call: Call, names: _Names
) -> _Open | None:
    """Add a layer of the functional interface: `x = Dense(10)(x)`."""
    kind = _type(found["layer"])
    if _key(kind) not in _types() or not found["target"]:
        return chain
    given = _named(call.arguments, _order(kind), names, call.start)
    if kind in INPUTS:
        is_more = chain is not None and len(chain.layers) == 1
        chain = _Open(None, spans=[(call.start, call.end)])
        chain.is_chain = not is_more
        chain.layers.append((kind, given))
        chain.inputs = [found["target"]]
        return chain
    applied = _APPLIED.match(code.text, call.end)
    if chain is None or applied is None or len(chain.layers) >= MOST_LAYERS:
        return chain
    chain.is_chain &= applied[1] == chain.inputs[-1]
    chain.inputs.append(found["target"])
    chain.layers.append((kind, given))
    chain.spans.append((call.start, applied.end()))
    return chain


def _listing(document: Document, code: Code, network: _Open) -> Listing:
    own = sorted(
        {
            number
            for start, end in network.spans
            for number in range(code.line(start), code.line(max(start, end - 1)) + 1)
        }
    )
    return Listing(
        first=own[0],
        last=own[-1],
        quote=quoted(document, own[0]),
        doubts=tuple(dict.fromkeys(network.doubts)),
        apart=gaps(own[0], own[-1], own),
        layers=network.layers,
        compiled=network.compiled,
        fitted=network.fitted,
    )
