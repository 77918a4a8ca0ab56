"""A strict reader of flat YAML: lines of `key: text` or `key: [text, text]`, and nothing else.

Every scalar stays text, so `NO`, `12:30` and `0o17` are what was written; the reader of the value
decides its type. Tags, anchors, aliases, nesting and repeated keys are refused with their line, so
nothing in a file can be executed, expanded without end, or overlooked.
"""

from dataclasses import dataclass, field
from pathlib import Path

import yaml

_LARGEST_BYTES = 1_000_000
_DEEPEST = 20
_TAG_PREFIX = "tag:yaml.org,2002:"
_NULLS = ("~", "null", "Null", "NULL")


class NotFlatYamlError(Exception):
    """Nothing of the file can be taken; `line` is where it breaks."""

    def __init__(self, line: int, text: str) -> None:
        self.line = line
        super().__init__(text)


@dataclass(frozen=True)
class Line:
    """One key of a file, the line it stands in, and its value as text.

    Where `wrong` says why the line cannot be taken, `value` is empty.
    """

    number: int
    key: str
    value: str | list[str] = ""
    wrong: str = ""


def read_lines(path: Path) -> list[Line]:
    """One Line a key of the file, in the file's order, the refused ones among them.

    Raises NotFlatYamlError where the file cannot be read, is not UTF-8 or YAML, or holds no keys.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "norway.yaml")
    ...     _ = file.write_text("unit: NO\\nshares: [0.8, 0.95]\\nat: &here 12:30\\n")
    ...     norway, shares, at = read_lines(file)
    >>> norway
    Line(number=1, key='unit', value='NO', wrong='')
    >>> shares.value
    ['0.8', '0.95']
    >>> at.number, at.wrong
    (3, 'has an anchor (&here), which is not allowed; text that begins with & goes into quotes')
    """
    documents = _tree(_text(path)).children
    if not documents:
        raise NotFlatYamlError(1, "is empty; write lines like `unit: France`")
    if len(documents) > 1:
        raise NotFlatYamlError(documents[1].line, "a second document begins here; keep one a file")
    root = documents[0]
    if not isinstance(root.event, yaml.MappingStartEvent):
        raise NotFlatYamlError(root.line, "holds no keys; write lines like `unit: France`")
    if odd := _oddity(root):
        raise NotFlatYamlError(root.line, odd)
    lines: list[Line] = []
    first: dict[str, int] = {}
    for name, content in zip(root.children[::2], root.children[1::2], strict=True):
        key = name.event.value if isinstance(name.event, yaml.ScalarEvent) else ""
        value, wrong = _value(content)
        if key in first:
            wrong = f"stands in line {first[key]} and again in line {name.line}; keep one"
        first.setdefault(key, name.line)
        if odd := _oddity(name):
            wrong = odd
        elif not key.isidentifier():
            wrong = "is not a key; a key is one word of letters, digits and _"
        lines.append(Line(name.line, key, "" if wrong else value, wrong))
    return lines


@dataclass
class _Node:
    line: int
    event: yaml.NodeEvent | None = None
    children: list["_Node"] = field(default_factory=list)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            raw = stream.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise NotFlatYamlError(1, f"cannot be read: {error.strerror}") from error
    if len(raw) > _LARGEST_BYTES:
        raise NotFlatYamlError(1, f"is larger than {_LARGEST_BYTES} bytes: not a settings file")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise NotFlatYamlError(line, "is not UTF-8 text; save it as UTF-8") from error


def _tree(text: str) -> _Node:
    # From events, not composed: a composed node has forgotten its anchor and an explicit !!str, and
    # composing follows aliases and recurses as deep as the file says.
    stack = [_Node(1)]
    try:
        for event in yaml.parse(text, Loader=yaml.BaseLoader):
            if isinstance(event, yaml.NodeEvent):
                node = _Node(event.start_mark.line + 1 if event.start_mark else 1, event)
                stack[-1].children.append(node)
                if isinstance(event, yaml.CollectionStartEvent):
                    stack.append(node)
                if len(stack) > _DEEPEST:
                    raise NotFlatYamlError(node.line, "is nested deeply; one level is allowed")
            elif isinstance(event, yaml.CollectionEndEvent):
                stack.pop()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        since = (
            f" {error.context} in line {error.context_mark.line + 1}" if error.context_mark else ""
        )
        hint = "text with a colon, a # or a sign at its beginning goes into quotes"
        raise NotFlatYamlError(line, f"is not YAML: {error.problem}{since}; {hint}") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise NotFlatYamlError(
            line, f"holds a control character, code {error.character}"
        ) from error
    return stack[0]


def _oddity(node: _Node) -> str:
    """What a node has that flat YAML has not, or nothing."""
    event = node.event
    if isinstance(event, yaml.AliasEvent):
        kind, sign, name = "is an alias", "*", event.anchor
    elif event is not None and event.anchor is not None:
        kind, sign, name = "has an anchor", "&", event.anchor
    elif isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
        kind, sign, name = (
            "has a tag",
            "!",
            event.tag.replace(_TAG_PREFIX, "!", 1).removeprefix("!"),
        )
    else:
        return ""
    hint = f"text that begins with {sign} goes into quotes"
    return f"{kind} ({sign}{name}), which is not allowed; {hint}"


def _value(node: _Node) -> tuple[str | list[str], str]:
    """The value as text, and what is wrong with it."""
    for part in (node, *node.children):
        if odd := _oddity(part):
            return "", odd
    event = node.event
    if isinstance(event, yaml.ScalarEvent):
        null = not event.style and event.value in _NULLS
        if null or not event.value.strip():
            return "", "has no value; remove the line to use the default"
        return event.value, ""
    if isinstance(event, yaml.MappingStartEvent):
        return "", "holds keys of its own; settings are flat, one level of `key: value`"
    values = [
        part.event.value for part in node.children if isinstance(part.event, yaml.ScalarEvent)
    ]
    if len(values) < len(node.children):
        return "", "holds a list of more than plain values, like [0.80, 0.95]"
    return (values, "") if values else ("", "has no value; remove the line to use the default")
