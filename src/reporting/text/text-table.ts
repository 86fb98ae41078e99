/** A plain table: the first column to the left, numbers to the right, two spaces between. */

export type Row = readonly string[];

/** Lines without trailing blanks, indented by two spaces. */
export function textTable(head: Row, rows: readonly Row[]): string[] {
  const all = head.length === 0 ? rows : [head, ...rows];
  const columns = Math.max(0, ...all.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...all.map((row) => row[column]?.length ?? 0)),
  );
  return all.map((row) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column === 0 ? cell.padEnd(width) : cell.padStart(width);
    });
    return `  ${cells.join("  ")}`.trimEnd();
  });
}

/** Breaks a sentence at blanks; the first line begins with `begin`, further ones with `indent`. */
export function wrapped(text: string, width: number, begin: string, indent: string): string[] {
  const lines: string[] = [];
  let line = begin;
  for (const word of text.split(/\s+/)) {
    const blank = line === begin || line === indent ? "" : " ";
    if (blank === " " && line.length + 1 + word.length > width) {
      lines.push(line);
      line = `${indent}${word}`;
    } else {
      line = `${line}${blank}${word}`;
    }
  }
  return [...lines, line];
}
