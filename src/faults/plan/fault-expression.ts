/**
 * `kill etcd/leader at 20s for 5s`, optionally `every 30s`, `as NAME` and `with jitter=120ms`: one fault as scenarios and the
 * command line write it. Everything that can be known without a backend is checked here.
 */

import { exitCodes } from "../../exit-codes.ts";
import { HuntError } from "../../hunt-error.ts";
import { optional } from "../../optional.ts";
import { suggestionFor } from "../../suggestion.ts";
import type { FaultKind } from "../fault.ts";

export interface FaultPlan {
  readonly expression: string;
  readonly kind: FaultKind["name"];
  readonly selector: string;
  /** Run second; absent by hand. */
  readonly atS?: number;
  /** How long it lasts; absent for one that is over by itself, and by hand until it is healed. */
  readonly forS?: number;
  readonly everyS?: number;
  readonly name?: string;
  /** What the kind is to do, in its own words. */
  readonly with?: string;
}

const clauses = ["at", "for", "every", "as", "with"] as const;

/** @param all The kinds that there are. @throws HuntError (exit code 2). */
export function parseFault(expression: string, all: readonly FaultKind[]): FaultPlan {
  const fail = (what: string): never => {
    throw faultError(expression, what);
  };
  const [kindName = "", selector = "", ...rest] = expression.trim().split(/\s+/);
  const kinds = all.map(({ name }) => name);
  const kind = all.find(({ name }) => name === kindName);
  if (kind === undefined) {
    return fail(`there is no fault "${kindName}". ${suggestionFor(kindName, kinds)}`);
  }
  if (selector === "") fail("expected what it acts on, such as etcd/leader");
  const values: Partial<Record<(typeof clauses)[number], string>> = {};
  for (let index = 0; index < rest.length; index += 2) {
    const [word = "", value] = rest.slice(index, index + 2);
    const clause = clauses.find((known) => known === word);
    if (clause === undefined) {
      return fail(`did not expect "${word}". ${suggestionFor(word, clauses)}`);
    }
    if (value === undefined) return fail(`expected a value after "${clause}"`);
    if (values[clause] !== undefined) fail(`"${clause}" is there twice`);
    values[clause] = value;
  }
  const name = values.as;
  if (name !== undefined && !/^[a-z][a-z0-9-]{0,31}$/.test(name)) {
    fail(`a name is up to 32 of a-z, 0-9 and -, got "${name}"`);
  }
  const time = (clause: "at" | "for" | "every") => {
    const text = values[clause];
    return text === undefined ? undefined : seconds(text, clause, fail);
  };
  const [atS, forS, everyS] = [time("at"), time("for"), time("every")];
  if (!kind.lasts && forS !== undefined) fail(`${kind.name} is over by itself: leave "for" out`);
  const wrong = kind.settings?.(values.with);
  if (wrong !== undefined) fail(wrong);
  if (kind.settings === undefined && values.with !== undefined) fail(`${kind.name} has no "with"`);
  return {
    expression: expression.trim().replaceAll(/\s+/g, " "),
    kind: kind.name,
    selector,
    ...optional({ atS, forS, everyS, name, with: values.with }),
  };
}

export function faultError(expression: string, what: string): HuntError {
  return new HuntError({
    code: "usage.fault",
    exitCode: exitCodes.usage,
    message: `fault '${expression}': ${what}`,
    hint: "Nothing was done. For example: kill etcd/leader at 20s for 5s (hunt faults).",
  });
}

const notNowCode = "usage.fault-not-now";

/** A fault that could be injected in a moment: its target is not back yet. */
export function notNowError(expression: string, what: string): HuntError {
  const { message, hint = "", exitCode } = faultError(expression, what);
  return new HuntError({ code: notNowCode, message, hint, exitCode });
}

export function isNotNow(error: unknown): error is HuntError {
  return error instanceof HuntError && error.code === notNowCode;
}

function seconds(text: string, clause: string, fail: (what: string) => never): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text);
  const unit = { ms: 0.001, s: 1, m: 60 }[match?.[2] ?? "s"] ?? 1;
  const value = Number(match?.[1]) * unit;
  if (match === null || !(value <= 86_400) || (value === 0 && clause !== "at")) {
    return fail(`expected a time such as 5s after "${clause}", got "${text}"`);
  }
  return value;
}
