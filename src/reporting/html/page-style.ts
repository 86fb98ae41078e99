/** The style of an HTML report: one column on a phone, light on paper, dark where the reader's system is. */
export const pageStyle = `
:root { color-scheme: light dark; --back: #fff; --text: #1b1f24; --soft: #5c6670; --line: #d7dce1; --good: #1a7f37; --bad: #b3261e; --open: #8a6100; --shade: rgba(200, 80, 40, 0.14); }
@media (prefers-color-scheme: dark) { :root { --back: #14171a; --text: #e4e8ec; --soft: #9aa4ae; --line: #333a41; --good: #57c47a; --bad: #ff8a80; --open: #e3b341; --shade: rgba(255, 140, 90, 0.16); } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 76rem; background: var(--back); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .4rem; } h2 { font-size: 1.15rem; margin: 1.8rem 0 .5rem; } h3 { font-size: 1rem; margin: 1rem 0 .2rem; }
.verdict { padding: .7rem 1rem; border-left: .4rem solid var(--open); background: color-mix(in srgb, var(--text) 5%, transparent); }
.verdict.pass { border-color: var(--good); } .verdict.breach, .verdict.broken { border-color: var(--bad); }
.soft { color: var(--soft); } .sabotaged { color: var(--bad); font-weight: 700; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: .3rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .15rem .7rem .15rem 0; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; font-weight: 400; } thead th { color: var(--soft); font-weight: 600; }
code { font: .92em ui-monospace, monospace; overflow-wrap: anywhere; }
blockquote { margin: .3rem 0; padding-left: .8rem; border-left: 3px solid var(--line); }
.charts { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; } .chart { min-width: 0; }
.u-legend { font-size: 12px; text-align: left; } .u-legend th { white-space: normal; } .u-title { font-size: 14px; }
.u-legend th, .u-legend td { border: 0; padding: 0 .2rem; }
.u-select { background: color-mix(in srgb, var(--text) 12%, transparent); }
@media (max-width: 700px) { .charts { grid-template-columns: 1fr; } body { padding: .6rem; } table { font-size: 13px; } th, td { padding-right: .45rem; white-space: normal; } }
@media print {
  :root { color-scheme: light; --back: #fff; --text: #000; --soft: #444; --line: #bbb; --good: #1a7f37; --bad: #b3261e; --open: #8a6100; --shade: rgba(200, 80, 40, 0.14); }
  body { max-width: none; padding: 0; font-size: 11px; } .hint { display: none; }
  .chart, table, li, blockquote { break-inside: avoid; } h1, h2, h3, thead { break-after: avoid; } .wide { overflow: visible; }
  /* Drawn for a screen of another width: the picture is scaled, since nobody draws it anew for the paper. */
  .charts { display: block; max-width: 15.5cm; } .chart { margin-bottom: .8rem; } .uplot, .u-wrap, .u-wrap canvas { width: 100% !important; height: auto !important; }
  .u-over, .u-under, .u-value, .u-legend tr:first-child { display: none; } .u-inline.u-live th::after { content: ""; }
}
`;
