"""Tables as Markdown, LaTeX (booktabs), CSV and HTML: the same bytes from the same numbers."""

from __future__ import annotations

import html

import pandas as pd

from dsage_mpi.core.csv_files import csv_text

_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "–": "--",
    "×": r"$\times$",
    "<": r"$<$",
    ">": r"$>$",
}
_STYLE = (
    "body{font-family:sans-serif;margin:2em;max-width:80em;color-scheme:light dark}"
    "table{border-collapse:collapse;margin:1em 0}caption{text-align:left;padding:.4em 0}"
    "th,td{padding:.25em .8em;text-align:right}th:first-child,td:first-child{text-align:left}"
    "thead{border-top:2px solid;border-bottom:1px solid}tbody{border-bottom:2px solid}"
)


def alignment(table: pd.DataFrame) -> str:
    """``l`` for each column of words, ``r`` for one of numbers, as in LaTeX."""
    words = [any(c[:1].isalpha() for c in table[name].astype(str)) for name in table.columns]
    return "".join("l" if is_text else "r" for is_text in words)


def markdown(table: pd.DataFrame) -> str:
    """A pipe table; words to the left, numbers to the right."""
    cells = [list(map(str, table.columns)), *table.astype(str).to_numpy().tolist()]
    cells = [[cell.replace("|", "\\|").strip() for cell in line] for line in cells]
    rule = ["---" if side == "l" else "---:" for side in alignment(table)]
    return "".join(f"| {' | '.join(line)} |\n" for line in (cells[0], rule, *cells[1:]))


def latex(table: pd.DataFrame, caption: str, label: str) -> str:
    """A ``table`` environment with the rules of the package booktabs."""
    cells = [list(map(str, table.columns)), *table.astype(str).to_numpy().tolist()]
    head, *lines = [" & ".join(_latex(cell.strip()) for cell in line) for line in cells]
    rows = [rf"  {line} \\" for line in lines]
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{_latex(caption)}}}",
            rf"\label{{tab:{label}}}",
            rf"\begin{{tabular}}{{{alignment(table)}}}",
            r"\toprule",
            rf"  {head} \\",
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def csv(table: pd.DataFrame) -> str:
    """Comma-separated, numbers with all their digits; empty where there is none."""
    rows = [["" if pd.isna(cell) else cell for cell in line] for line in table.to_numpy(object)]
    return csv_text([list(table.columns), *rows])


def html_table(table: pd.DataFrame, caption: str) -> str:
    """A ``table`` element."""
    made = table.rename(columns=str.strip).to_html(index=False, border=0, justify="unset")
    first, rest = made.split("\n", 1)
    return f"{first}\n  <caption>{html.escape(caption)}</caption>\n{rest}\n"


def html_page(title: str, body: str) -> str:
    """A whole page around it, readable offline."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head>\n<body>\n"
        f"<h1>{html.escape(title)}</h1>\n{body}</body></html>\n"
    )


def _latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in text)
