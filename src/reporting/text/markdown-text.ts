/** Text and tables in GitHub's Markdown. */

/** Any text on one line, with everything that Markdown or HTML would read escaped. */
export function mdText(text: string): string {
  return text
    .replaceAll(/\s*\n\s*/g, " ")
    .replaceAll(/[\\`*_[\]<>|~#&@]/g, (found) => (found === "<" ? "&lt;" : `\\${found}`));
}

/** Verbatim; in a table cell even code may hold no bare pipe. */
export function code(text: string): string {
  const fence = text.includes("`") ? "``" : "`";
  return `${fence}${text.replaceAll("\n", " ").replaceAll("|", "\\|")}${fence}`;
}

/** The first column to the left, the others to the right. @param rows cells, escaped already. */
export function mdTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const ruler = head.map((_, column) => (column === 0 ? ":--" : "--:"));
  return [line(head), line(ruler), ...rows.map(line)];
}
