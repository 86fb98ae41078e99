/**
 * The one error type that reaches the operator. The message says what failed, on what, what was
 * expected and what was found, and after how long; the hint says what to do next. Anything else
 * that is thrown is a bug in hunt and ends with exit code 1 and a stack trace.
 */
import type { ExitCode } from "./exit-codes.ts";

export interface HuntErrorFacts {
  /** Stable, dotted, lower case: `usage.unknown-scenario`, `engine.start-failed`. */
  readonly code: string;
  readonly message: string;
  readonly exitCode: ExitCode;
  /** What to do next, one sentence or a command. */
  readonly hint?: string;
  readonly cause?: unknown;
}

export class HuntError extends Error {
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;

  constructor(facts: HuntErrorFacts) {
    super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = "HuntError";
    this.code = facts.code;
    this.exitCode = facts.exitCode;
    this.hint = facts.hint;
  }
}
