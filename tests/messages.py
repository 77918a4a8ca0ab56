"""Every message of the kit, found in its source: what the catalogues must translate.

`python tests/messages.py` writes retention/locales/messages.pot anew; `pybabel update` or an editor
of catalogues then brings it into a translation.
"""

import ast
import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from retention.contract_words import FORMS
from retention.reporting.markdown import passages

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = ROOT / "retention" / "locales" / "messages.pot"
NOTEBOOKS = tuple(
    f"notebooks/{name}.ipynb" for name in ("retention_report", "winback", "portfolio")
)

_LANGUAGES = {"language", "lang"}
# What is passed on and not written there: captions and Markdown are taken from the notebooks.
_PASSED_ON = {"caption", "found['text']", "message"}
_HEADER = """\
# Messages of the retention report kit, as the source has them. Do not edit: tests/messages.py
# writes this file. A translation keeps every {name}, every * of Markdown and every space at the
# beginning and the end, and begins with a small letter where the message does.
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

"""


@dataclass
class Message:
    """A message, its plural if it has one, the files it stands in and what it is for."""

    one: str
    many: str | None
    files: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def messages() -> dict[str, Message]:
    """Every message by its id, in the order in which a reader meets the files."""
    found: dict[str, Message] = {}
    for name in NOTEBOOKS:
        for one, note in _of_notebook(ROOT / name):
            _add(found, Message(one, None, [name], [note]))
    for path in sorted((ROOT / "retention").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        for message in _Calls(path, name).found:
            _add(found, message)
    for message in [found[one] for one in FORMS if one in found]:
        many = FORMS[message.many] if message.many else None
        name = "retention/contract_words.py"
        _add(found, Message(FORMS[message.one], many, [name], [f"Contracts: {message.one}"]))
    return found


def template() -> str:
    """The text of messages.pot."""
    catalog = Catalog()
    for message in messages().values():
        added = catalog.add(
            (message.one, message.many) if message.many else message.one,
            locations=[(name, None) for name in message.files],
            auto_comments=message.notes,
        )
        # Babel takes "95 % interval" for a format of Python.
        added.flags.discard("python-format")
    lines = _Lines()
    write_po(lines, catalog, omit_header=True, include_lineno=False)
    return _HEADER + lines.text


class _Lines:
    text = ""

    def write(self, raw: bytes) -> None:
        self.text += raw.decode()


def _add(found: dict[str, Message], message: Message) -> None:
    known = found.setdefault(message.one, message)
    assert known.many == message.many, f"both with and without a plural: {message.one}"
    known.files += [name for name in message.files if name not in known.files]
    known.notes += [note for note in message.notes if note not in known.notes]


def _of_notebook(path: Path) -> Iterator[tuple[str, str]]:
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            lines = cell.source.splitlines()
            for text in passages(cell.source):
                heading = any(line.lstrip("# ") == text and line[0] == "#" for line in lines)
                yield text, "Heading of the report" if heading else "Paragraph of the report"
        else:
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "report.table":
                    yield ast.literal_eval(node.args[1]), "Title of a table of the report"


class _Calls(ast.NodeVisitor):
    """The calls in a module that ask a Language for a message."""

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        self.found: list[Message] = []
        self._module: ModuleType | None = None
        self._import = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        self._doc = ""
        self._class = ""
        self._bound: dict[str, ast.expr] = {}
        self.visit(ast.parse(path.read_text(encoding="utf-8")))

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._class, outer = node.name, self._class
        self.generic_visit(node)
        self._class = outer

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        doc, outer = ast.get_docstring(node), self._doc
        # What a private function says belongs to the last public one above it.
        self._doc = doc.splitlines()[0] if doc else outer
        self.generic_visit(node)
        if node.name.startswith("_"):
            self._doc = outer

    def visit_ListComp(self, node: ast.ListComp) -> None:
        for loop in node.generators:
            call = loop.iter
            if isinstance(call, ast.Call) and ast.unparse(call.func).endswith(".items"):
                assert isinstance(call.func, ast.Attribute)
                assert isinstance(loop.target, ast.Tuple)
                keys, values = (ast.unparse(target) for target in loop.target.elts)
                table = call.func.value
                self._bound[keys] = ast.parse(f"list({ast.unparse(table)})", mode="eval").body
                self._bound[values] = table
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        if self._is_language(node.func):
            self._keep(self._texts(node.args[0]))
        elif isinstance(node.func, ast.Attribute) and self._is_language(node.func.value):
            if node.func.attr in ("text", "each"):
                self._keep(self._texts(node.args[0]))
            elif node.func.attr == "plural":
                first = node.args[0]
                if isinstance(first, ast.Starred):
                    self._keep(self._values(first.value))
                else:
                    one, many = (self._texts(argument)[0][0] for argument in node.args[:2])
                    self._keep([((one, many), "")])

    def _is_language(self, node: ast.expr) -> bool:
        written = ast.unparse(node)
        inside = self._class == "Language" and written == "self"
        return inside or written.split(".")[-1] in _LANGUAGES

    def _keep(self, texts: list[tuple[Any, str]]) -> None:
        for text, note in texts:
            one, many = text if isinstance(text, tuple) else (text, None)
            self.found.append(Message(one, many, [self.name], [note or self._doc]))

    def _texts(self, node: ast.expr) -> list[tuple[Any, str]]:
        if ast.unparse(node) in _PASSED_ON and ast.unparse(node) not in self._bound:
            return []
        if isinstance(node, ast.Constant):
            return [(node.value, "")]
        found = self._values(node)
        assert all(isinstance(text, str) for text, _ in found), self._unknown(node)
        return found

    def _values(self, node: ast.expr) -> list[tuple[Any, str]]:
        """What an expression over the tables of the module can be, each with its place in them."""
        name = ast.unparse(node)
        if name in self._bound:
            return self._values(self._bound[name])
        if isinstance(node, ast.Name):
            return _members(self._global(node.id), node.id, self._unknown(node))
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            return [(value[node.slice.value], note) for value, note in self._values(node.value)]
        if isinstance(node, ast.Subscript):
            return self._values(node.value)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "list":
            table = ast.unparse(node.args[0])
            return [(key, f"{table}, a key") for key in self._global(table)]
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".get"):
            assert isinstance(node.func, ast.Attribute)
            return [*self._values(node.func.value), *self._values(node.args[1])]
        raise AssertionError(self._unknown(node))

    def _global(self, name: str) -> Any:
        self._module = self._module or importlib.import_module(self._import)
        assert hasattr(self._module, name), f"{self.name}: what can {name} be?"
        return getattr(self._module, name)

    def _unknown(self, node: ast.expr) -> str:
        return f"{self.name}:{node.lineno}: what message is {ast.unparse(node)}?"


def _members(value: Any, name: str, unknown: str) -> list[tuple[Any, str]]:
    if isinstance(value, str):
        return [(value, name)]
    assert isinstance(value, Mapping), unknown
    return [(text, f"{name}, {key}") for key, text in value.items()]


if __name__ == "__main__":
    TEMPLATE.write_text(template(), encoding="utf-8")
