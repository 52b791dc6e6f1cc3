"""Text as blocks: what of Markdown is shown, that nothing in it does harm, and that nothing takes for ever."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from jjm_tui.domain.text import clean
from jjm_tui.tui.text.blocks import LineBlock, MarkdownBlock, PartsBlock, PlainBlock, markdown_blocks
from jjm_tui.tui.text.markdown import read_markdown, read_plain
from jjm_tui.tui.text.markdown_inline import target_words
from jjm_tui.tui.text.markdown_parts import MOST, MOST_LINES, split_parts
from jjm_tui.tui.text.rows import Row, Run, row_at, row_cells, row_text, wrap

MEGABYTE = 1_000_000
NASTY = "\x1b[31m \x1b]0;t\x07 \x9b1m \u202e \u2066 \u200b &#x202e; &#x200b; &#27; &Tab; [/foo] [x] [@click=app.quit]"
markdown_texts = st.lists(
    st.sampled_from(
        [
            *("# ", "## ", "- ", "1. ", "> ", "```", "```python", "~~~", "| a | b |", "|---|:-:|", "---", "    ", "\t"),
            *("*", "**", "_", "`", "~~", "[a](https://b.example/c)", "![i](j)", "<b>", "&lt;", "\\", "\n", "\n\n"),
            *(
                NASTY,
                "漢字かな。",
                "👨\u200d👩\u200d👧",
                "e\u0301",
                "word",
                "a-very-long-word-that-does-not-fit-anywhere",
            ),
        ]
    )
    | st.text(max_size=12),
    max_size=40,
).map("".join)
widths = st.integers(2, 60)


@given(st.lists(st.from_regex(r"[a-c]{1,6}( [a-c]{1,6}){0,2}", fullmatch=True), min_size=1, max_size=5), widths)
def test_parts_are_whole_where_they_fit_and_no_row_begins_or_ends_with_a_dot(parts: list[str], width: int) -> None:
    block = PartsBlock([[(each, ())] for each in parts])
    rows = block.rows(width)
    shown_rows = [row_text(row).strip() for row in rows]
    assert block.text == " · ".join(parts)
    assert not any(row.startswith("·") or row.endswith("·") for row in shown_rows)
    assert all(any(each in row for row in shown_rows) for each in parts if len(each) <= width)
    assert all(block.text[run.start :].startswith(run.text) for row in rows for run in row if run.start >= 0)


def shown(text: str, width: int = 60) -> list[str]:
    return [row_text(row).rstrip() for row in read_markdown(text).rows(width, colored=True)]


def roles_of(text: str, words: str, width: int = 60) -> tuple[str, ...]:
    """The roles of the run that has these words."""
    rows = read_markdown(text).rows(width, colored=True)
    return next(run.roles for row in rows for run in row if words in run.text)


# what is shown


def test_headings_are_bold_without_boxes_or_signs() -> None:
    assert shown("# One\ntext\n\n## Two\nmore") == ["One", "text", "", "Two", "more"]
    assert roles_of("# One", "One") == ("heading", "heading-1")
    assert roles_of("## Two", "Two") == ("heading",)


def test_lists_hang_under_their_marks() -> None:
    text = "- one two three four\n  - nested\n- last\n\n9. nine\n10. ten"
    assert shown(text, 14) == ["• one two", "  three four", "  • nested", "• last", "", "9. nine", "10. ten"]


def test_a_loose_list_and_an_empty_item_keep_their_rows() -> None:
    assert shown("- a\n\n- b\n-\n- - c") == ["• a", "", "• b", "", "•", "• • c"]


def test_quotes_have_a_bar_on_every_row() -> None:
    assert shown("> one two three\n>\n> four\n\nafter", 10) == ["▌ one two", "▌ three", "▌", "▌ four", "", "after"]


def test_line_breaks_of_the_text_stay() -> None:
    assert shown("one\ntwo  \nthree") == ["one", "two", "three"]


def test_emphasis_is_told_by_roles() -> None:
    text = "a **b** *c* `d e` ~~f~~ ***g***"
    assert shown(text) == ["a b c d e f g"]
    assert roles_of(text, "b") == ("strong",)
    assert roles_of(text, "d e") == ("code-inline",)
    assert roles_of(text, "f") == ("struck",)
    assert roles_of(text, "g") == ("em", "strong")


def test_code_keeps_its_spaces_behind_a_bar_and_is_coloured() -> None:
    text = "```python\ndef f():\n    return  1\n```"
    assert shown(text) == ["│ def f():", "│     return  1"]
    assert roles_of(text, "def") == ("code", "code-keyword")


def test_code_that_is_too_long_goes_on_behind_another_bar() -> None:
    assert shown("```\nabcdefghij\nk\n```", 7) == ["│ abcde", "┊ fghij", "│ k"]


def test_code_of_a_language_that_is_not_ours_stays_plain() -> None:
    assert roles_of("```brainfuck\ndef\n```", "def") == ("code",)


def test_a_diff_is_told_by_sign_and_role() -> None:
    text = "```diff\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n same\n```"
    assert shown(text)[3:] == ["│ -old", "│ +new", "│  same"]
    assert roles_of(text, "-old") == ("code", "diff-removed")
    assert roles_of(text, "+new") == ("code", "diff-added")
    assert roles_of(text, "+++") == ("code", "diff-file")


TABLE = "| Name | What it is |\n|---|--:|\n| a | one two three |\n| bb | four |"


def test_a_table_has_aligned_columns() -> None:
    assert shown(TABLE) == [
        "Name │    What it is",
        "─────┼──────────────",
        "a    │ one two three",
        "bb   │          four",
    ]


def test_a_table_that_is_too_wide_breaks_inside_its_cells() -> None:
    rows = shown(TABLE, 16)
    assert rows[:2] == ["Name │   What it", "     │        is"]
    assert rows[3:] == ["a    │   one two", "     │     three", "bb   │      four"]


def test_a_table_without_room_becomes_lines() -> None:
    rows = shown("| Name | What it is | Why |\n|---|---|---|\n| longer name | longer text | longer reason |", 20)
    assert rows == ["Name: longer name", "What it is: longer", "  text", "Why: longer reason"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[the docs](https://docs.example/a?b)", "the docs (docs.example)"),
        ("[https://good.example](https://evil.example/)", "https://good.example (evil.example)"),
        ("[https://good.example/x](https://good.example/y)", "https://good.example/x"),
        ("[good.example](https://good.example:8080/)", "good.example (good.example:8080)"),
        ("[x](https://good.example@evil.example/)", "x (evil.example)"),
        ("<https://plain.example/a>", "https://plain.example/a"),
        ("<https://good.example@evil.example/>", "https://good.example@evil.example/ (evil.example)"),
        ("[file](src/app.py)", "file (src/app.py)"),
        ("[mail](mailto:a@b.example)", "mail (mailto:a@b.example)"),
        ("[no](javascript:alert(1))", "[no](javascript:alert(1))"),
        ("![a cat](https://img.example/cat.png)", "image: a cat (img.example)"),
        ("![](cat.png)", "image: without a description (cat.png)"),
        ("https://bare.example/a_b_c", "https://bare.example/a_b_c"),
    ],
)
def test_links_tell_where_they_really_go(text: str, expected: str) -> None:
    assert shown(text, 80) == [expected]


def test_a_host_of_look_alike_letters_is_told_as_the_network_knows_it() -> None:
    assert shown("<https://\u0430pple.example/>", 80)[0].endswith("(xn--pple-43d.example)")
    assert target_words("https://[broken", "x") == "https://[broken"


def test_raw_html_is_literal() -> None:
    assert shown("<b>x</b> <script>alert(1)</script>\n\n<div>\ny\n</div>") == [
        "<b>x</b> <script>alert(1)</script>",
        "",
        "<div>",
        "y",
        "</div>",
    ]


def test_entities_become_harmless_characters() -> None:
    assert shown("&lt;a&gt; &#x202e;b&#x2028;c &#0; &#10;d &Tab;e") == ["<a> \ufffdb\ufffdc \ufffd  d  e"]


def test_markup_of_textual_is_literal() -> None:
    assert shown("[/foo] [x] done [@click=app.quit]x[/]") == ["[/foo] [x] done [@click=app.quit]x[/]"]


def test_wide_characters_break_between_each_other_but_not_before_a_full_stop() -> None:
    assert shown("漢字漢字。漢字", 8) == ["漢字漢", "字。漢字"]


def test_plain_text_keeps_its_indentation() -> None:
    rows = read_plain("  a **b**\n\n\tc").rows(20, colored=True)
    assert [row_text(row) for row in rows] == ["  a **b**", "", "    c"]


def test_a_line_block_is_one_line_whatever_is_in_it() -> None:
    block = LineBlock([("a\nb \x1b[1mc", ()), ("d", ("strong",))], first=(Run("1. "),), rest=(Run("   "),))
    assert [row_text(row) for row in block.rows(8)] == ["1. a b", "   cd"]


# bounded, whatever comes


@pytest.mark.parametrize(
    "text",
    [
        ">" * 100_000,
        "> " * 50_000 + "x",
        "*" * 100_000,
        "**a " * 50_000,
        "*a_" * 50_000,
        "[" * 100_000,
        "[a](" * 50_000,
        "![" * 50_000,
        "`" * 100_000,
        "- " * 50_000,
        "1. " * 50_000,
        "#" * 100_000,
        "|a" * 700 + "\n" + "|-" * 700 + "\n" + "|b" * 700,
        "|" + "a|" * 685 + "\n|" + "-|" * 685 + "\n" + "x\n" * 117,
        "x" * MEGABYTE,
        "word " * (MEGABYTE // 5),
        "漢" * (MEGABYTE // 3),
        "\n" * MEGABYTE + "x",
        " " * MEGABYTE + "x",
        "```\n" + "\n" * 100_000,
        "- a\n" * 50_000,
        "\x1b]" * 50_000,
        "a\n\n" * 50_000,
    ],
    ids=lambda text: text[:6].encode("unicode_escape").decode(),
)
def test_pathological_text_is_shown_in_pieces_of_bounded_size(text: str) -> None:
    blocks = markdown_blocks(text)
    assert all(len(part.text) <= MOST and part.text.count("\n") <= MOST_LINES for part in split_parts(text))
    for block in [*blocks[:3], *blocks[-3:]]:
        assert block.measure(40) == len(block.rows(40))
        assert len(block.rows(40)) <= 2 * MOST


def test_a_text_that_is_too_long_for_markdown_is_plain() -> None:
    assert shown("**a** " * 2_000, 30)[0] == "**a** **a** **a** **a** **a**"
    assert shown("[x] " * 300, 9)[0] == "[x] [x]"


def test_a_long_text_is_cut_at_blank_lines_and_never_in_a_fence() -> None:
    code = "\n".join(f"line {number}\n" for number in range(400))
    text = "intro\n\n" * 300 + f"```python\n{code}\n```\n\nafter\n"
    blocks = markdown_blocks(text)
    rows = [row_text(row) for block in blocks for row in block.rows(60)]
    assert len(blocks) > 3
    assert [row for row in rows if row.startswith("│ line")] == [f"│ line {number}" for number in range(400)]
    assert "```" not in "".join(rows)
    assert rows[-1] == "after"


def test_a_list_is_not_cut_between_its_items_at_a_blank_line() -> None:
    text = "x " * 700 + "\n\n1. one\n\n2. two\n\n" + "y " * 1_000
    assert [part.text.split()[-1] for part in split_parts(text)] == ["two", "y"]


def test_a_text_that_grows_keeps_the_blocks_of_its_beginning() -> None:
    text = "".join(f"Paragraph {number} with some words in it.\n\n" for number in range(200))
    before = markdown_blocks(text)
    after = markdown_blocks(text + "One more.", known=before)
    assert [block for block in after if block in before] == before[:-1]


@given(markdown_texts)
@example("a" * 2 * MOST)
def test_parts_together_are_the_whole_text(text: str) -> None:
    together = "".join(part.text for part in split_parts(text * 40))
    assert together.split() == (text * 40).split() or "".join(together.split()) == "".join((text * 40).split())


_WITHOUT_JOINS = str.maketrans("", "", "\u200d\ufe0f")
"""Joiners and selectors of emoji, which may come to stand alone where a row ends between them."""


@given(markdown_texts, widths)
@example("- " * 300 + "x", 20)
@example("👨\u200d👩\u200d👧# ", 2)
@example("> " * 300 + "x", 8)
@example("1. " * 30 + "|a|b|\n|-|-|\n|c|d|", 9)
def test_rows_are_harmless_and_fit(text: str, width: int) -> None:
    for block in (MarkdownBlock(part) for part in split_parts(text)):
        rows = block.rows(width)
        assert block.measure(width) == len(rows)
        for row in rows:
            words = row_text(row).translate(_WITHOUT_JOINS)
            assert clean(words) == words
            assert "\n" not in words
            assert "\t" not in words
            assert row_cells(row) <= width + 2
        check_runs_point_into_text(block.text, rows)


@given(st.text(max_size=200), widths)
def test_plain_rows_are_harmless_and_lose_no_word(text: str, width: int) -> None:
    block = PlainBlock(text)
    rows = block.rows(width)
    check_runs_point_into_text(block.text, rows)
    assert clean(block.text) == block.text
    assert "".join("".join(map(row_text, rows)).split()) == "".join(block.text.split())


def check_runs_point_into_text(text: str, rows: tuple[Row, ...]) -> None:
    for number, row in enumerate(rows):
        for run in row:
            if run.start >= 0:
                assert text[run.start : run.start + len(run.text)] == run.text
                if run.text:
                    assert row_at(rows, run.start) <= number


@given(st.text(st.sampled_from("ab 漢。e\u0301\u200d\ufe0f❤👨"), max_size=80), st.integers(2, 20), st.booleans())
@example("\u200d\u200d。。", 2, True)
@example("\u0301。。", 2, False)
@example("👨\u200d👩\u200d👧" * 5, 5, True)
def test_wrapped_rows_fit_and_keep_every_character_that_is_no_space(text: str, width: int, fold: bool) -> None:
    rows = wrap((Run(text, (), 0),), width, fold=fold)
    together = "".join(map(row_text, rows))
    assert together.replace(" ", "") == text.replace(" ", "")
    assert not fold or together == text
    assert all(cell_len(row_text(row)) <= width + 1 for row in rows)


def test_nothing_heavy_is_loaded_before_a_text_is_read() -> None:
    program = (
        "import sys; import jjm_tui.tui.widgets.blocks.transcript, jjm_tui.tui.widgets.blocks.plan_view;"
        "print([name for name in ('markdown_it', 'pygments', 'rich.markdown', 'mcp') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
