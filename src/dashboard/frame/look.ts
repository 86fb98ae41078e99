/**
 * How things are drawn: 16 colours by their number, so that light and dark themes decide what red is, and
 * glyphs with an ASCII set. Colour is never the only sign of anything.
 */
export type Colour = "red" | "green" | "yellow" | "cyan" | "magenta" | "dim" | "bold" | "plain";

const codes: Readonly<Record<Colour, string>> = {
  red: "31",
  green: "32",
  yellow: "33",
  cyan: "36",
  magenta: "35",
  dim: "2",
  bold: "1",
  plain: "",
};

export interface Look {
  readonly colour: boolean;
  readonly unicode: boolean;
}

export type Span = string | readonly [string, Colour];

/** One line of exactly `width` columns: spans one after the other, cut off or filled up. */
export function row(look: Look, width: number, spans: readonly Span[]): string {
  let left = width;
  let text = "";
  for (const span of spans) {
    const [content, colour] = typeof span === "string" ? ([span, "plain"] as const) : span;
    const cut = printable(look, content).slice(0, left);
    left -= cut.length;
    text += paint(look, cut, colour);
  }
  return text + " ".repeat(left);
}

export function paint(look: Look, text: string, colour: Colour): string {
  if (!look.colour || colour === "plain" || text === "") return text;
  return `\u001b[${codes[colour]}m${text}\u001b[0m`;
}

/** Text out of a recording may hold anything: what is not one column wide would break the frame. */
function printable(look: Look, text: string): string {
  const drawn = /[^\x20-\x7e\u00b7\u2500-\u259f\u2800-\u28ff]/g;
  return text.replace(look.unicode ? drawn : /[^\x20-\x7e]/g, "?");
}
