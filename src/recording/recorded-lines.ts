/** Text files of a recording, line by line, and what is said of a file or a line that can't be read. */
import { ZodError } from "zod";

export interface LinesOptions {
  /** Of the file, for problems. */
  readonly name: string;
  /** The file is still being written: its last line may be half there, and that is no problem. */
  readonly live: boolean;
  /** Throws for a line that it cannot read. */
  readonly visit: (line: string) => void;
}

/** What `readFile` puts where bytes were no UTF-8: a line with it is damaged even if it parses. */
const replacementCharacter = "\uFFFD";

/**
 * Visits each line that has its end.
 * @returns what was left out: at most one sentence for the last line and one for all others.
 */
export function eachLine(text: string, { name, live, visit }: LinesOptions): string[] {
  const problems: string[] = [];
  const lines = text.split("\n");
  const last = lines.length - 1;
  let unreadable = 0;
  let first = "";
  for (const [index, line] of lines.entries()) {
    if (line === "") continue;
    // A writer ends each line; one without an end may be cut off and still look whole.
    if (index === last) {
      if (!live) problems.push(`${name}: the last line is cut off and was left out.`);
      continue;
    }
    try {
      if (line.includes(replacementCharacter)) throw new Error("it holds bytes that are no text");
      visit(line);
    } catch (error) {
      unreadable += 1;
      if (unreadable === 1) first = `line ${index + 1} was left out: ${reasonOf(error)}`;
    }
  }
  if (unreadable === 1) problems.unshift(`${name}: ${first}.`);
  if (unreadable > 1) {
    problems.unshift(`${name}: ${unreadable} lines were left out, the first of them: ${first}.`);
  }
  return problems;
}

/** A file that could not be opened or read, in a sentence. */
export function fileProblem(name: string, error: unknown): string {
  if (isMissing(error)) return `${name} is missing.`;
  return `${name} cannot be read: ${reasonOf(error)}.`;
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** One line without control characters, whatever the file held; without a full stop. */
function reasonOf(error: unknown): string {
  if (error instanceof SyntaxError) return "it is not JSON";
  if (error instanceof ZodError) {
    const issue = error.issues[0];
    const path = issue?.path.join(".") ?? "";
    return `${path === "" ? "" : `${path}: `}${issue?.message ?? "it does not fit"}`;
  }
  if (error instanceof Error && "code" in error && "syscall" in error) return String(error.code);
  const text = error instanceof Error ? error.message : String(error);
  return text
    .replaceAll(/[^\x20-\x7e]+/g, "?")
    .replace(/\.$/, "")
    .slice(0, 120);
}
