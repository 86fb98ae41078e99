/** One suite of bin/test and what it needs to run. */

export interface SuiteResult {
  readonly passed: number;
  readonly failed: number;
  /** Said under the suite's line: which check failed, or what to run. */
  readonly notes: readonly string[];
  /** Where all output is, when it was not shown as it came. */
  readonly logPath?: string;
}

export interface SuiteContext {
  readonly root: string;
  /** A folder for logs and reports of this suite alone; exists. */
  readonly workDir: string;
  /** Show output as it comes instead of keeping it in a log. */
  readonly live: boolean;
  /** Handed to vitest: file filters and flags. */
  readonly vitestArgs: readonly string[];
}

export interface Suite {
  readonly name: string;
  /** One line for `bin/test --help`. */
  readonly about: string;
  run(context: SuiteContext): Promise<SuiteResult>;
}
