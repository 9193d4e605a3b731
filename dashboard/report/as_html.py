"""A report as one page of HTML that needs nothing else and asks no host for anything."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from dashboard.report.content import Bullets, Chart, Headlines, Method, Part, Report, Section, Table, Text

_LONG, _CHUNK = re.compile(r"(\S{20,})"), 8
MOST_UNBROKEN = 12
"""Tables of more rows may go on on the next page."""


def to_html(report: Report) -> str:
    """The page, for the screen and for A4 and Letter; the same report is the same text."""
    title = " – ".join(filter(None, (report.title, report.practice)))
    facts = "".join(f"<div><dt>{_text(name)}</dt><dd>{_text(told)}</dd></div>" for name, told in report.facts)
    practice = f'<p class="practice">{_text(report.practice)}</p>' if report.practice else ""
    banner = f'<p class="banner">{_text(report.banner)}</p>' if report.banner else ""
    on_every_page = _PRINTED_BANNER.replace("BANNER", report.banner) if report.banner else ""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title>
<style>{STYLE}{on_every_page}</style>
</head>
<body>
<main>
<header>
{banner}
{practice}
<h1>{_text(report.title)}</h1>
<p class="subtitle">{_text(report.subtitle)}</p>
<dl class="facts">{facts}</dl>
</header>
{"".join(map(_section, report.sections))}
<footer>{_text(report.banner + ". " if report.banner else "")}Made {_text(report.made)}</footer>
</main>
</body>
</html>
"""


def _text(text: str) -> str:
    """The text escaped; a word that is too long for a line may be broken."""
    parts = _LONG.split(text)
    chunks = ((part[at : at + _CHUNK] for at in range(0, len(part), _CHUNK)) for part in parts[1::2])
    parts[1::2] = ("<wbr>".join(map(html.escape, chunk)) for chunk in chunks)
    parts[::2] = map(html.escape, parts[::2])
    return "".join(parts)


def _section(section: Section) -> str:
    parts = "\n".join(map(_part, section.parts))
    kind = "methods" if any(isinstance(part, Method) for part in section.parts) else "figures"
    return f'<section class="{kind}">\n<h2>{_text(section.heading)}</h2>\n{parts}\n</section>\n'


def _part(part: Part) -> str:
    match part:
        case Text(text, kind):
            return f'<p class="{kind}">{_text(text)}</p>'
        case Bullets(title, sentences):
            listed = "".join(f"<li>{_text(sentence)}</li>" for sentence in sentences)
            return f"<h3>{_text(title)}</h3><ul>{listed}</ul>"
        case Headlines(headlines):
            told = "".join(
                f"<div><dt>{_text(one.title)}</dt><dd><strong>{_text(one.figure)}</strong>"
                f"<span>{_text(one.limits)}</span><span>{_text(one.counted)}</span></dd></div>"
                for one in headlines
            )
            return f'<dl class="headlines">{told}</dl>'
        case Chart(svg):
            return f"<figure>{svg}</figure>"
        case Table(title, heads, rows):
            return _table(title, heads, rows)
        case Method(title, sentence, notes):
            listed = "".join(f"<div><dt>{_text(label)}</dt><dd>{_text(told)}</dd></div>" for label, told in notes)
            return f"<h3>{_text(title)}</h3><p>{_text(sentence)}</p><dl>{listed}</dl>"


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{_text(name)}</th>' for name in heads)
    body = "\n".join(
        f'<tr><th scope="row">{_text(row[0])}</th>{"".join(f"<td>{_cell(cell)}</td>" for cell in row[1:])}</tr>'
        for row in rows
    )
    kind = "wide short" if len(rows) <= MOST_UNBROKEN else "wide"
    return (
        f'<div class="{kind}"><table><caption>{_text(title)}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>"
    )


def _cell(cell: str) -> str:
    first, *more = cell.split("\n")
    return _text(first) + "".join(f"<small>{_text(line)}</small>" for line in more)


STYLE = """
:root { color-scheme: light; --ink: #23272B; --quiet: #5F6260; --line: #DCD7CE; --accent: #0F665F }
* { box-sizing: border-box }
body { margin: 0; background: #fff; color: var(--ink);
  font: 15px/1.5 Inter, -apple-system, "Segoe UI", "Source Sans Pro", "Source Sans 3", Roboto, "Helvetica Neue",
  Arial, "Liberation Sans", "DejaVu Sans Condensed", sans-serif;
  font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100% }
main { max-width: 820px; margin: 0 auto; padding: 40px 28px 56px }
h1 { font-size: 34px; line-height: 1.15; letter-spacing: -0.015em; font-weight: 650; margin: 0; text-wrap: balance }
h2 { font-size: 21px; line-height: 1.25; letter-spacing: -0.01em; font-weight: 650; margin: 0 0 6px }
h3 { font-size: 15px; font-weight: 650; margin: 22px 0 4px }
p { margin: 0 0 8px; text-wrap: pretty }
.practice { font-weight: 600; color: var(--accent); margin: 0 0 6px; overflow-wrap: anywhere }
.subtitle { font-size: 17px; color: var(--quiet); margin: 6px 0 22px }
.banner { display: inline-block; border: 1px solid #A4511F; color: #A4511F; border-radius: 3px; padding: 2px 10px;
  font-size: 13px; margin: 0 0 18px }
.facts { border-top: 1px solid var(--ink); border-bottom: 1px solid var(--line); margin: 0; padding: 10px 0;
  font-size: 14px }
.facts div { display: grid; grid-template-columns: 118px 1fr; gap: 0 12px; padding: 1.5px 0 }
dt { color: var(--quiet) }
dd { margin: 0; overflow-wrap: anywhere }
section { margin: 40px 0 0 }
.lead { color: var(--quiet) }
.fine { color: var(--quiet); font-size: 13px; margin: 0 0 4px }
.note { font-size: 13px; border-left: 3px solid #A4511F; padding: 1px 0 1px 10px; margin: 8px 0 }
.headlines { display: grid; grid-template-columns: repeat(4, 1fr); gap: 0 20px; margin: 10px 0 12px }
.headlines div { border-top: 2px solid var(--accent); padding-top: 8px }
.headlines dt { font-size: 13px }
.headlines strong { display: block; font-size: 25px; line-height: 1.25; font-weight: 650; letter-spacing: -0.01em }
.headlines span { display: block; font-size: 12.5px; line-height: 1.4; color: var(--quiet) }
.headlines span + span { margin-top: 3px }
figure { margin: 14px 0 10px }
svg { display: block; width: 100%; height: auto }
.wide { margin: 20px 0 6px }
table { border-collapse: collapse; width: 100%; font-size: 13px; line-height: 1.35 }
caption { caption-side: top; text-align: left; font-weight: 650; padding: 0 0 6px }
th, td { padding: 4px 0 4px 10px; text-align: right; vertical-align: top; font-weight: normal }
thead th { color: var(--quiet); font-size: 12px; vertical-align: bottom; border-bottom: 1px solid var(--ink) }
tbody th, tbody td { border-bottom: 1px solid var(--line) }
th:first-child { text-align: left; padding-left: 0; overflow-wrap: break-word }
td { white-space: nowrap }
td small { display: block; font-size: 11px; color: var(--quiet) }
ul { margin: 0 0 8px; padding-left: 20px }
.methods { font-size: 13px }
.methods dl { margin: 4px 0 0 }
.methods dl div { display: grid; grid-template-columns: 118px 1fr; gap: 0 12px; padding: 1px 0 }
footer { margin-top: 44px; border-top: 1px solid var(--line); padding-top: 10px; font-size: 12.5px;
  color: var(--quiet) }
@media screen and (max-width: 680px) {
  main { padding: 24px 16px 40px }
  h1 { font-size: 28px }
  .headlines { grid-template-columns: repeat(2, 1fr); gap: 16px }
  .wide, figure { overflow-x: auto }
  .wide table { min-width: 640px }
  figure svg { min-width: 600px }
  .facts div, .methods dl div { grid-template-columns: 96px 1fr }
}
@page { margin: 17mm 18mm 18mm; @bottom-right { content: counter(page) " / " counter(pages);
  font: 8.5pt system-ui, sans-serif; color: #5F6260 } }
@media print {
  body { font-size: 9.5pt; line-height: 1.42 }
  main { max-width: none; padding: 0 }
  h1 { font-size: 23pt } h2 { font-size: 14pt } h3 { font-size: 9.5pt; margin-top: 4mm }
  .subtitle { font-size: 11.5pt; margin-bottom: 5mm }
  .facts { font-size: 9pt } .fine, .note { font-size: 8.5pt }
  .headlines dt { font-size: 8.5pt } .headlines strong { font-size: 16pt } .headlines span { font-size: 8pt }
  table { font-size: 8.5pt } thead th { font-size: 8pt } td small { font-size: 7pt }
  th, td { padding: 0.6mm 0 0.6mm 2mm } table { line-height: 1.25 }
  .methods { font-size: 8pt }
  section { margin-top: 9mm }
  h2, h3, caption, .lead { break-after: avoid }
  figure, tr, .short, .headlines, .note, .facts div { break-inside: avoid }
  thead { display: table-header-group }
  footer { margin-top: 8mm; font-size: 8pt }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact }
}
"""
_PRINTED_BANNER = """
@page { @top-right { content: "BANNER"; font: 8.5pt system-ui, sans-serif; color: #A4511F } }
"""
