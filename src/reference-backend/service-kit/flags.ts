/**
 * A service's flags: each is declared with what it accepts, and a wrong one ends in a FlagError of one line that
 * names the flag, what it was given and what it takes.
 */

import { parseArgs } from "node:util";
import { reasonOf } from "./reason-of.ts";

export class FlagError extends Error {
  override readonly name = "FlagError";
}

export interface Flag<T> {
  /** What it takes, for the error. */
  readonly takes: string;
  /** Undefined: not acceptable. */
  readonly parse: (text: string) => T | undefined;
  /** Used when the flag is absent; a flag without one is required. */
  readonly fallback?: T;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

type Flags = Readonly<Record<string, Flag<unknown>>>;
type Values<F extends Flags> = {
  readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never;
};

/** @throws FlagError */
export function parseFlags<F extends Flags>(argv: readonly string[], flags: F): Values<F> {
  const options = Object.fromEntries(
    Object.keys(flags).map((name) => [name, { type: "string" as const }]),
  );
  let given: Record<string, unknown>;
  try {
    given = parseArgs({ args: [...argv], options, strict: true }).values;
  } catch (error) {
    throw new FlagError(reasonOf(error));
  }
  const values = Object.entries(flags).map(([name, flag]) => [
    name,
    readFlag(name, flag, given[name]),
  ]);
  return Object.fromEntries(values) as Values<F>;
}

function readFlag(name: string, flag: Flag<unknown>, text: unknown): unknown {
  if (typeof text !== "string") {
    if ("fallback" in flag) return flag.fallback;
    throw new FlagError(`--${name} is missing: it takes ${flag.takes}`);
  }
  const value = flag.parse(text);
  if (value === undefined) throw new FlagError(`--${name} takes ${flag.takes}, not "${text}"`);
  return value;
}

export function textFlag(takes: string, pattern: RegExp): Flag<string> {
  return { takes, parse: (text) => (pattern.test(text) ? text : undefined) };
}

export function choiceFlag<const T extends string>(choices: readonly T[]): Flag<T> {
  return {
    takes: choices.join(" or "),
    parse: (text) => choices.find((choice) => choice === text),
  };
}

export function integerFlag(min: number, max: number): Flag<number> {
  return {
    takes: `an integer from ${min} to ${max}`,
    parse: (text) => {
      const value = Number(text);
      return /^\d+$/.test(text) && value >= min && value <= max ? value : undefined;
    },
  };
}

export function addressFlag(): Flag<Address> {
  return { takes: "HOST:PORT", parse: parseAddress };
}

export function addressesFlag(): Flag<readonly string[]> {
  return {
    takes: "HOST:PORT,HOST:PORT,...",
    parse: (text) => {
      const all = text.split(",");
      return all.every((one) => parseAddress(one) !== undefined) ? all : undefined;
    },
  };
}

/** The flag with a value for its absence. */
export function withFallback<T, U>(flag: Flag<T>, fallback: U): Flag<T | U> {
  return { ...flag, fallback };
}

function parseAddress(text: string): Address | undefined {
  const match = /^([^\s:,]+):(\d{1,5})$/.exec(text);
  const host = match?.[1];
  const port = Number(match?.[2]);
  return host === undefined || port > 65_535 ? undefined : { host, port };
}
