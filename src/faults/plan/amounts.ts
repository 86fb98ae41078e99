/** Amounts after `with`, as the operator writes them: `delay=2s,bytes=64KB`. */
import { suggestionFor } from "../../suggestion.ts";

export interface Amount {
  /** What is taken, in words. */
  readonly example: string;
  /** undefined: it is none. */
  readonly read: (text: string) => number | undefined;
}

const byteUnits: Readonly<Record<string, number>> = { B: 1, KB: 1e3, MB: 1e6 };

/** In milliseconds. */
export function duration(leastMs: number, mostMs: number, example: string): Amount {
  return {
    example,
    read(text) {
      const match = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(text);
      const value = Number(match?.[1]) * (match?.[2] === "s" ? 1000 : 1);
      return value >= leastMs && value <= mostMs ? Math.round(value) : undefined;
    },
  };
}

/** In bytes. */
export function bytes(least: number, most: number, example: string): Amount {
  return {
    example,
    read(text) {
      const match = /^(\d+(?:\.\d+)?)(B|KB|MB)$/.exec(text);
      const value = Number(match?.[1]) * (byteUnits[match?.[2] ?? ""] ?? Number.NaN);
      return value >= least && value <= most ? Math.round(value) : undefined;
    },
  };
}

/** By name; what is not given is absent. */
export function readAmounts(
  text: string | undefined,
  amounts: Readonly<Record<string, Amount>>,
): ReadonlyMap<string, number> | { readonly wrong: string } {
  const read = new Map<string, number>();
  for (const pair of text === undefined ? [] : text.split(",")) {
    const [name = "", value = "", ...rest] = pair.split("=");
    const amount = Object.hasOwn(amounts, name) ? amounts[name] : undefined;
    if (amount === undefined) {
      return { wrong: `there is no "${name}" here. ${suggestionFor(name, Object.keys(amounts))}` };
    }
    if (read.has(name)) return { wrong: `${name} is given twice` };
    const found = rest.length > 0 ? undefined : amount.read(value);
    if (found === undefined) {
      return { wrong: `expected ${name}=VALUE such as ${amount.example}, got "${value}"` };
    }
    read.set(name, found);
  }
  return read;
}
