/**
 * The values of a recording as people write them: 1440.5, 1,440.5, 1.440,5, 1 440,5, 1.4e3. Which sign
 * is the decimal one is found over the whole file, since 1.440 alone may be either number.
 */

export interface WrittenNumber {
  readonly line: number;
  readonly text: string;
}

type DecimalSign = "." | ",";

/** More than any rate, and far from where sums of doubles lose digits. */
const valueMax = 1e12;

const plain = /^\d+$/;
const grouped = {
  ".": /^(?:\d+|[1-9]\d{0,2}(?:([, \u00a0\u202f'’])\d{3}(?:\1\d{3})*))(?:\.\d+)?(?:[eE][+-]?\d+)?$/,
  ",": /^(?:\d+|[1-9]\d{0,2}(?:([. \u00a0\u202f'’])\d{3}(?:\1\d{3})*))(?:,\d+)?(?:[eE][+-]?\d+)?$/,
} as const;

/** Does the text look like a number, whatever its decimal sign is? */
export function isNumber(text: string): boolean {
  return grouped["."].test(text) || grouped[","].test(text);
}

/**
 * Reads all values of a file.
 * @param semicolons The file's delimiter is one. Such files come from places that write 1,5 as well as
 * from programs that write 1.5, so what may be both is refused; elsewhere the point is the decimal sign.
 * @param onProblem Called with the line and what is wrong; that value reads as 0.
 */
export function readNumbers(
  numbers: readonly WrittenNumber[],
  semicolons: boolean,
  onProblem: (line: number, problem: string) => void,
): number[] {
  const proofs: Record<DecimalSign, WrittenNumber | undefined> = { ".": undefined, ",": undefined };
  for (const number of numbers) {
    const sign = provenSign(number.text);
    if (sign !== undefined) proofs[sign] ??= number;
  }
  const byPoint = proofs["."];
  const byComma = proofs[","];
  const sign = byComma !== undefined && (byPoint?.line ?? Infinity) > byComma.line ? "," : ".";
  const unproven = byPoint === undefined && byComma === undefined;
  return numbers.map(({ line, text }) => {
    const problem = numberProblem(text, sign, proofs[sign]);
    const value = problem === undefined ? numberOf(text, sign) : 0;
    if (problem !== undefined) onProblem(line, problem);
    else if (unproven && semicolons && isAmbiguous(text)) onProblem(line, ambiguous(text));
    else if (value > valueMax) onProblem(line, `the value may be at most ${valueMax}, got ${text}`);
    return value;
  });
}

/** The decimal sign that the text must have been written with; undefined when both are possible. */
function provenSign(text: string): DecimalSign | undefined {
  if (plain.test(text)) return undefined;
  const [point, comma] = [grouped["."].test(text), grouped[","].test(text)];
  if (point === comma) return undefined;
  return point ? "." : ",";
}

function isAmbiguous(text: string): boolean {
  return /[.,]/.test(text) && grouped["."].test(text) && grouped[","].test(text);
}

function numberProblem(
  text: string,
  sign: DecimalSign,
  proof: WrittenNumber | undefined,
): string | undefined {
  if (grouped[sign].test(text)) return undefined;
  const got = JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
  if (!isNumber(text)) return `the value must be a number of at least 0, got ${got}`;
  const named = sign === "." ? "a point" : "a comma";
  return `line ${proof?.line ?? 1} writes decimals with ${named}, so must this value, got ${got}`;
}

function ambiguous(text: string): string {
  const [whole, part] = [text.replaceAll(/[.,]/g, ""), text.replace(",", ".")];
  return `the value ${JSON.stringify(text)} may be ${whole} or ${part}; write it without thousands separators`;
}

function numberOf(text: string, sign: DecimalSign): number {
  if (plain.test(text)) return Number(text);
  const group = sign === "." ? /[, \u00a0\u202f'’]/g : /[. \u00a0\u202f'’]/g;
  return Number(text.replaceAll(group, "").replace(",", "."));
}
