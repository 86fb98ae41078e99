/**
 * Puts frames on the screen: only the lines that changed, each at its own place. Ink could do it too, but it cuts
 * every frame into cells, measures each and glues them together again: four fifths of the dashboard's
 * CPU, to arrive at the text that it was given.
 */

/** A terminal that knows these shows what lies between them at once. */
const begin = "\u001b[?2026h";
const end = "\u001b[?2026l";
const clear = "\u001b[2J";
/** Ink moves the cursor down a line when the size changes; from here that scrolls nothing. */
const home = "\u001b[H";
/** As often all lines are written: something else may have printed on the screen. */
const wholeEvery = 40;

export interface FrameSink {
  write(text: string): unknown;
}

export interface FrameSize {
  readonly columns: number;
  readonly rows: number;
}

export class FrameWriter {
  readonly #sink: FrameSink;
  #lines: readonly string[] = [];
  #size: FrameSize = { columns: 0, rows: 0 };
  #frames = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** @param lines At most as many as the terminal has rows, each as wide as it. */
  show(lines: readonly string[], size: FrameSize): void {
    const resized = size.columns !== this.#size.columns || size.rows !== this.#size.rows;
    const before = resized || this.#frames % wholeEvery === 0 ? [] : this.#lines;
    let changed = resized ? clear : "";
    for (const [index, line] of lines.entries()) {
      if (line !== before[index]) changed += `\u001b[${index + 1};1H${line}`;
    }
    // The rest of a frame that was longer; a row beyond the last one would mean the last one.
    const rest = lines.length < this.#lines.length && !resized;
    if (rest) changed += `\u001b[${lines.length + 1};1H\u001b[J`;
    this.#lines = lines;
    this.#size = size;
    this.#frames += 1;
    if (changed !== "") this.#sink.write(begin + changed + home + end);
  }
}
