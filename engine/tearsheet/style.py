"""The style sheet of the page: light and dark, wide and narrow, screen and paper."""

from __future__ import annotations

from engine.tearsheet.palette import DARK, LIGHT

_PAGE_LIGHT = {"paper": "#ffffff", "raised": "#f6f8fa", "warn": "#8a5300", "warnback": "#fff7e8"}
_PAGE_DARK = {"paper": "#14181c", "raised": "#1c2228", "warn": "#f0b35a", "warnback": "#2b2415"}
_GAIN = {"light": "26, 110, 190", "dark": "80, 160, 235"}
_LOSS = {"light": "205, 100, 20", "dark": "235, 135, 60"}

_RULES = """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);
 font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",Arial,sans-serif}
main{max-width:1040px;margin:0 auto;padding:28px 20px 64px}
header{border-bottom:2px solid var(--ink);padding-bottom:14px;margin-bottom:18px}
h1{font-size:30px;line-height:1.2;margin:0;overflow-wrap:anywhere;letter-spacing:-.01em}
h2{font-size:18px;line-height:1.3;margin:0 0 6px;letter-spacing:-.005em}
h3{font-size:14px;margin:16px 0 4px}
section{margin:34px 0 0}
p{margin:0 0 8px}
.meta{color:var(--muted);font-size:13px;margin:6px 0 0;overflow-wrap:anywhere}
.claim{margin:12px 0 0;padding-left:12px;border-left:3px solid var(--strategy);font-size:16px;
 font-style:italic;overflow-wrap:anywhere}
.verdict{font-size:17px;line-height:1.5;max-width:46em}
.verdict p{overflow-wrap:anywhere}
.verdict p:first-child{font-weight:600}
.lead{color:var(--ink);max-width:60em;overflow-wrap:anywhere}
.note{color:var(--muted);font-size:13px;max-width:56em;margin:8px 0 0;overflow-wrap:anywhere}
.simulated{background:var(--warnback);color:var(--warn);border:1px solid var(--warn);
 font-weight:700;padding:8px 12px;margin:0 0 16px;text-align:center;letter-spacing:.04em}
.warnings{list-style:none;margin:0;padding:0;background:var(--warnback);
 border-left:4px solid var(--warn)}
.warnings li{padding:7px 12px;overflow-wrap:anywhere}
.warnings li+li{border-top:1px solid var(--rule)}
.warnings b{color:var(--warn)}
.cards{display:grid;grid-template-columns:repeat(6,1fr);gap:10px;margin:0 0 14px}
.card{background:var(--raised);padding:10px 12px;min-width:0}
.card dt{color:var(--muted);font-size:12px}
.card dd{margin:0;font-variant-numeric:tabular-nums}
.card .big{font-size:23px;font-weight:600;line-height:1.25;white-space:nowrap}
.card .small{color:var(--muted);font-size:12px;overflow:hidden;text-overflow:ellipsis;
 white-space:nowrap}
.scroll{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums;width:100%}
caption{text-align:left;color:var(--muted);font-size:12px;padding:2px 0 4px}
th,td{padding:4px 8px;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap;
 vertical-align:top}
thead th{border-bottom:1px solid var(--muted);color:var(--muted);font-weight:600;
 vertical-align:bottom;white-space:normal;overflow-wrap:break-word;min-width:4.5em;max-width:14em}
tbody th{font-weight:400;text-align:right}
th.l,td.l{text-align:left}
td.wrap{white-space:normal;min-width:12em;overflow-wrap:anywhere}
td.basis,th.basis{color:var(--muted);font-size:12px;text-align:left;white-space:normal}
td.basis{min-width:13em;overflow-wrap:anywhere}
thead th.basis{min-width:13em;max-width:none;font-weight:400}
table.parts{max-width:820px}
table.parts th:first-child{white-space:normal;overflow-wrap:anywhere;min-width:7.5em}
table.parts tbody tr:last-child>*{font-weight:600}
td.bar{min-width:80px;vertical-align:middle}
td.bar svg{display:block;width:100%;height:10px}
td.bar .gain{fill:var(--strategy)}
td.bar .loss{fill:var(--s1)}
td.bar line{stroke:var(--muted);vector-effect:non-scaling-stroke}
table.facts th{color:var(--muted)}
table.facts td{overflow-wrap:break-word}
code{font-size:12px;overflow-wrap:anywhere}
tr.band th{padding-top:12px;color:var(--muted);font-weight:600;white-space:normal}
table.figures td:nth-child(2){font-weight:600}
.cards+.note{margin:-6px 0 12px}
table.own tbody td:nth-child(2){font-weight:600}
table.against{margin-top:14px}
table.months td{text-align:center;min-width:3.9em}
table.months thead th{text-align:center}
table.months thead th.l{text-align:left}
table.months td:last-child{font-weight:600}
.legend{display:flex;flex-wrap:wrap;gap:2px 18px;font-size:13px;margin:4px 0 6px;padding:0;
 list-style:none}
.legend li{display:flex;align-items:center;gap:6px;min-width:0;overflow-wrap:anywhere}
.legend svg{flex:none}
.legend .end{color:var(--muted);font-variant-numeric:tabular-nums}
svg.figure{display:block;width:100%;height:auto}
.narrow{display:none}
details{margin:10px 0;border-top:1px solid var(--rule);padding-top:8px}
summary{cursor:pointer;font-weight:600}
pre{font-size:12px;line-height:1.45;background:var(--raised);padding:12px;overflow-x:auto}
footer{margin-top:40px;border-top:1px solid var(--rule);padding-top:10px}
nav{font-size:13px;margin:10px 0 0}
nav a{color:var(--muted);margin-right:14px;white-space:nowrap}
@media (min-width:641px){
 table.even{table-layout:fixed}
 table.even th:first-child{width:26%}
 table.even th.basis{width:27%}
 table.parts{table-layout:fixed}
 table.parts thead th{white-space:nowrap}
 table.figures td.basis{width:52%}
 table.parts th:first-child{width:24%}
 table.parts th:nth-child(3),table.parts th:nth-child(4){width:17%}
 table.parts th:nth-child(5){width:10%}
}
@media (max-width:900px){.cards{grid-template-columns:repeat(3,1fr)}}
@media (max-width:640px){
 main{padding:16px 14px 40px}
 h1{font-size:24px}
 .verdict{font-size:16px}
 .cards{grid-template-columns:repeat(2,1fr);gap:8px}
 .wide{display:none}
 .narrow{display:block}
 .scroll th.l:first-child{position:sticky;left:0;background:var(--paper)}
 th,td{padding:4px 6px}
 table.told tbody th,table.told td.l{white-space:normal;min-width:9em;overflow-wrap:anywhere}
 table.figures th{white-space:normal}
 .own td.basis,.against td.basis{white-space:nowrap}
 table.figures td.basis{min-width:8em}
 nav{display:none}
}
@media print{
 body{font-size:11px}
 main{max-width:none;padding:0}
 section{margin-top:18px}
 h2,h3,.lead,.legend,tr.band{break-after:avoid}
 figure,svg.figure,tr,.card,.warnings li{break-inside:avoid}
 .wide{display:block}
 .narrow,nav{display:none}
 .scroll{overflow:visible}
 .cards{grid-template-columns:repeat(6,1fr);gap:6px}
 .card{padding:6px 8px}
 .card .big{font-size:15px}
 .card dt,.card .small{font-size:9px}
 .verdict{font-size:13px}
 .note,.legend,.meta{font-size:9.5px}
 table{font-size:9.5px}
 code{font-size:8.5px}
 th,td{padding:2px 5px}
 td.basis,th.basis{font-size:8.5px}
 details::details-content{content-visibility:visible;display:block}
 *{-webkit-print-color-adjust:exact;print-color-adjust:exact}
}
"""


def style_sheet(simulated: bool) -> str:
    """All rules; on paper every page of a simulated run says so at its foot."""
    foot = '@bottom-left{content:"SIMULATED DATA";font:9px sans-serif}' if simulated else ""
    paper = (
        f"@page{{size:A4;margin:14mm 12mm 16mm;{foot}"
        "@bottom-right{content:counter(page);font:9px sans-serif}}"
    )
    light = _variables(LIGHT | _PAGE_LIGHT)
    dark = _variables(DARK | _PAGE_DARK)
    return (
        f":root{{color-scheme:light dark;{light}}}\n"
        + _tints("light")
        + f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}\n{_tints('dark')}}}\n"
        + _RULES.strip()
        + f"\n{paper}\n"
    )


def _variables(colours: dict[str, str]) -> str:
    return ";".join(f"--{name}:{value}" for name, value in colours.items())


def _tints(mode: str) -> str:
    """Backgrounds of five strengths for gains and for losses."""
    rules = (
        f".{letter}{level}{{background:rgba({colours[mode]}, {0.13 * level - 0.03:.2f})}}"
        for letter, colours in (("p", _GAIN), ("n", _LOSS))
        for level in range(1, 6)
    )
    return "".join(rules) + "\n"
