"""The strict reader: everything stays text, and nothing but flat lines gets through."""

import os
from pathlib import Path

import pytest

from retention.flat_yaml import Line, NotFlatYamlError, read_lines


@pytest.fixture
def lines(tmp_path: Path):
    """The lines of a file with this content."""

    def read(content: str | bytes) -> list[Line]:
        path = tmp_path / "unit.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_lines(path)

    return read


@pytest.fixture
def broken(lines):
    """The line and message with which a file is refused as a whole."""

    def read(content: str | bytes) -> tuple[int, str]:
        with pytest.raises(NotFlatYamlError) as refusal:
            lines(content)
        return refusal.value.line, str(refusal.value)

    return read


@pytest.mark.parametrize(
    "text",
    [
        "NO",
        "yes",
        "12:30",
        "0o17",
        "0x1F",
        "1e3",
        "2011-12-09",
        "1_000",
        ".inf",
        "España 🛒",
        "=",
        "a#b",
    ],
)
def test_a_scalar_stays_the_text_that_was_written(lines, text):
    assert lines(f"unit: {text}\n") == [Line(1, "unit", text)]


def test_a_list_stays_a_list_of_text(lines):
    assert lines("a: [0.80, NO]\nb:\n  - 1\n  - 2\n") == [
        Line(1, "a", ["0.80", "NO"]),
        Line(2, "b", ["1", "2"]),
    ]


def test_block_text_keeps_its_lines_and_the_line_of_its_key(lines):
    assert lines("unit: x\n\n# why\nquery: |\n  SELECT 1\n  FROM source\n")[1] == Line(
        4, "query", "SELECT 1\nFROM source\n"
    )


def test_windows_line_ends_are_line_ends(lines):
    assert lines(b"unit: France\r\nquery: |\r\n  a\r\n  b\r\nlanguage: fr\r\n") == [
        Line(1, "unit", "France"),
        Line(2, "query", "a\nb\n"),
        Line(5, "language", "fr"),
    ]


def test_a_byte_order_mark_is_no_part_of_the_first_key(lines):
    assert lines(b"\xef\xbb\xbfunit: France\n") == [Line(1, "unit", "France")]


@pytest.mark.parametrize(
    "value",
    [
        "!!python/object/apply:os.system ['touch pwned']",
        "!!python/name:os.system",
        "!!binary SGVsbG8=",
        "!!str NO",
        "! plain",
        "!!map {a: b}",
        "[!!int 1, 2]",
        "!custom x",
    ],
)
def test_a_tag_is_refused_on_its_line_and_never_obeyed(lines, tmp_path, monkeypatch, value):
    monkeypatch.chdir(tmp_path)
    _, tagged = lines(f"unit: x\nsource: {value}\n")
    assert (tagged.number, tagged.value) == (2, "")
    assert "has a tag (!" in tagged.wrong
    assert not Path("pwned").exists()


def test_the_tag_is_named_as_it_was_written(lines):
    assert "(!binary)" in lines("a: !!binary x\n")[0].wrong


def test_a_tag_on_a_key_is_refused(lines):
    assert "has a tag" in lines("!!str unit: x\n")[0].wrong


def test_a_tag_on_the_whole_file_is_refused(broken):
    line, text = broken("# a\n!!python/object:os.system\nunit: x\n")
    assert (line, "has a tag" in text) == (2, True)


def test_anchors_and_aliases_are_refused_each_on_its_line(lines):
    anchor, alias = lines("unit: &x France\ntable: *x\n")
    assert "has an anchor (&x)" in anchor.wrong
    assert "is an alias (*x)" in alias.wrong
    assert "quotes" in alias.wrong


def test_a_bomb_of_aliases_is_refused_and_not_expanded(lines):
    bomb = "a0: &a0 [x, x]\n" + "".join(
        f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 60)
    )
    assert all(line.wrong for line in lines(bomb))


def test_a_merge_key_is_not_a_key(lines):
    assert "is not a key" in lines("<<: x\n")[0].wrong


def test_nested_keys_are_refused_and_the_other_lines_are_still_read(lines):
    nested, after = lines("unit:\n  name: France\nlanguage: fr\n")
    assert "flat" in nested.wrong
    assert after == Line(3, "language", "fr")


@pytest.mark.parametrize("value", ["[[1, 2], 3]", "[{a: 1}]", "[a: 1]"])
def test_a_list_of_more_than_plain_values_is_refused(lines, value):
    assert "list of more than plain values" in lines(f"unit: {value}\n")[0].wrong


def test_deep_nesting_is_refused_at_once(broken):
    assert broken("unit: x\na: " + "[" * 100_000)[0] == 2


def test_a_repeated_key_names_both_lines_and_keeps_the_first_value(lines):
    first, _, again = lines("unit: France\nlanguage: fr\nunit: Spain\n")
    assert first.value == "France"
    assert again == Line(3, "unit", "", "stands in line 1 and again in line 3; keep one")


def test_a_repeated_key_on_one_line_is_found_too(lines):
    assert "line 1 and again in line 1" in lines("{a: 1, a: 2}")[1].wrong


@pytest.mark.parametrize(
    "value", ["", '""', "''", '"  "', "~", "null", "NULL", "# only why", "[]", "|\n  "]
)
def test_a_key_without_a_value_is_refused(lines, value):
    assert lines(f"as_of: {value}\n")[0].wrong == (
        "has no value; remove the line to use the default"
    )


def test_quoted_null_is_text(lines):
    assert lines("unit: 'null'\n") == [Line(1, "unit", "null")]


@pytest.mark.parametrize("key", ["lost-after", "2nd", "a b", "'a.b'", "? [a]\n", '"\\e[31m"'])
def test_a_key_that_is_no_identifier_is_refused(lines, key):
    assert "is not a key" in lines(f"{key}: 1\n")[0].wrong


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("unit: x\nsource: a: b\n", 2),
        ("unit: x\n\tsource: y\n", 2),
        ("unit: x\nsource: 'open\nlanguage: fr\n", 4),
        ("unit: x\nsource: *.csv\n", 2),
        ("unit: x\n}\n", 2),
        ("unit: x\ntable: @x\n", 2),
    ],
)
def test_broken_yaml_is_refused_with_the_line_of_the_parser(broken, content, line):
    number, text = broken(content)
    assert number == line
    assert "is not YAML: " in text
    assert "quotes" in text


def test_an_open_quote_is_named_where_it_begins(broken):
    assert "in line 2" in broken("unit: x\nsource: 'open\nlanguage: fr\n")[1]


@pytest.mark.parametrize("content", ["", "# only a comment\n", "\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(broken, content):
    assert broken(content) == (1, "is empty; write lines like `unit: France`")


@pytest.mark.parametrize("content", ["just text\n", "- a\n- b\n", "---\n"])
def test_a_file_without_keys_is_refused(broken, content):
    assert "holds no keys" in broken(content)[1]


def test_a_second_document_is_refused_where_it_begins(broken):
    assert broken("unit: x\n---\nunit: y\n")[0] == 3


@pytest.mark.parametrize(
    "content", [b"unit: x\nsource: Espa\xf1a\n", "a: b\nunit: x\n".encode("utf-16")]
)
def test_text_that_is_not_utf8_is_refused(broken, content):
    line, text = broken(content)
    assert text == "is not UTF-8 text; save it as UTF-8"
    assert line == (2 if content.startswith(b"unit") else 1)


def test_a_control_character_is_refused_on_its_line(broken):
    assert broken("unit: x\nsource: a\x00b\n") == (2, "holds a control character, code 0")


def test_a_very_long_value_is_read_whole(lines):
    assert lines("unit: " + "x" * 200_000)[0].value == "x" * 200_000


def test_a_file_that_is_no_settings_file_by_its_size_is_refused(broken):
    assert "larger than" in broken("unit: " + "x" * 1_000_001)[1]


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(NotFlatYamlError, match="No such file"):
        read_lines(tmp_path / "absent.yaml")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(NotFlatYamlError, match="cannot be read"):
        read_lines(tmp_path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_file_that_may_not_be_read_is_refused(tmp_path):
    path = tmp_path / "unit.yaml"
    path.write_text("unit: x\n")
    path.chmod(0)
    with pytest.raises(NotFlatYamlError, match="Permission denied"):
        read_lines(path)
