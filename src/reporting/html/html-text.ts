/** Text of a run as HTML: every word of it is escaped, so that a scenario's name or a log line can't change the page. */

export function html(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** As a script of type application/json can hold it: no tag can end it. */
export function jsonForScript(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

/** Cells are text; the first column is the row's name. */
export function htmlTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[], tag: "th" | "td") =>
    row.map((cell, at) => `<${at === 0 ? "th" : tag}>${html(cell)}</${at === 0 ? "th" : tag}>`);
  const body = rows.map((row) => `<tr>${cells(row, "td").join("")}</tr>`).join("\n");
  return `<div class="wide"><table>\n<thead><tr>${cells(head, "th").join("")}</tr></thead>\n<tbody>\n${body}\n</tbody></table></div>`;
}

export function htmlList(lines: readonly string[]): string {
  return `<ul>${lines.map((line) => `<li>${html(line)}</li>`).join("\n")}</ul>`;
}
