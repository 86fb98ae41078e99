/**
 * `hunt.config.yaml`: the project's defaults for `bench` and `up`, by flag name, e.g. `scenario: smoke` or
 * `budget: ["sessions.dig.p99 < 20ms @steady"]`; and under `engines` the programs that are installed, e.g.
 * `valkey: /usr/bin/redis-server`. An unknown key is an error, never silence.
 */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse, YAMLParseError } from "yaml";
import { z } from "zod";
import { engineVariable, nameablePrograms } from "../../engines/programs/named-programs.ts";
import { exitCodes } from "../../exit-codes.ts";
import { booleanOf } from "../../flag-values.ts";
import { HuntError } from "../../hunt-error.ts";
import { suggestionFor } from "../../suggestion.ts";

/** A flag that may stand in the file. */
export interface ConfigKey {
  /** `warmFollower` for `--no-warm-follower`. */
  readonly name: string;
  /** It takes no value. */
  readonly boolean: boolean;
  readonly negate: boolean;
}

export type ConfigValue = string | boolean | readonly string[];

const valueSchema = z.union([
  z.string(),
  z.number().transform(String),
  z.boolean(),
  z.array(z.string()),
]);
const documentSchema = z
  .object({ engines: z.record(z.string(), z.string()).optional() })
  .catchall(valueSchema)
  .nullable();

/** @throws HuntError (exit code 2) with the line when the file can't be used. */
export function readProjectConfig(
  path: string,
  known: readonly ConfigKey[],
): Readonly<Record<string, ConfigValue>> {
  const { engines: _, ...flags } = readDocument(path);
  const values: Record<string, ConfigValue> = {};
  for (const [key, value] of Object.entries(flags)) {
    const word = key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const found = known.find((each) => each.name === word || flagWord(each) === word);
    if (found === undefined || ["json", "sabotage"].includes(found.name)) {
      const names = [...new Set(known.map(({ name }) => name))];
      throw configError(path, `unknown key "${key}". ${suggestionFor(word, names)}`);
    }
    const { name } = found;
    if (found.boolean) values[name] = switchOf(path, key, value) !== (word !== name);
    else if (typeof value === "boolean") {
      throw configError(path, `${key}: expected a value, got ${value}`);
    } else values[name] = name === "budget" && typeof value === "string" ? [value] : value;
  }
  return values;
}

/**
 * Programs that the project names, by their variable. A path is relative to the file; a word is looked up on `PATH`.
 * @throws HuntError (exit code 2) for one that can't be named.
 */
export function readProjectEngines(path: string): Readonly<Record<string, string>> {
  const named = Object.entries(readDocument(path).engines ?? {}).map(([key, value]) => {
    const name = nameablePrograms.find((each) => each === key);
    if (name === undefined) {
      const suggestion = suggestionFor(key, nameablePrograms);
      throw configError(path, `engines: "${key}" is none that can be named. ${suggestion}`);
    }
    const file = value.includes("/") ? resolve(dirname(path), value) : value;
    return [engineVariable(name), file] as const;
  });
  return Object.fromEntries(named);
}

function readDocument(path: string): NonNullable<z.infer<typeof documentSchema>> {
  const document = documentSchema.safeParse(parseYaml(path));
  if (document.success) return document.data ?? {};
  throw configError(path, document.error.issues.map((issue) => issue.message).join("; "));
}

/** As the flag has it: `noWarmFollower` for `--no-warm-follower`. */
function flagWord({ name, negate }: ConfigKey): string {
  return negate ? `no${name.charAt(0).toUpperCase()}${name.slice(1)}` : name;
}

function switchOf(path: string, key: string, value: ConfigValue): boolean {
  const read = typeof value === "boolean" ? value : booleanOf(String(value));
  if (read !== undefined) return read;
  throw configError(path, `${key}: expected true or false, got "${String(value)}"`);
}

function parseYaml(path: string): unknown {
  try {
    return parse(readFileSync(path, "utf8"), { prettyErrors: true });
  } catch (error) {
    if (error instanceof YAMLParseError) throw configError(path, error.message);
    throw error;
  }
}

function configError(path: string, problem: string): HuntError {
  return new HuntError({
    code: "usage.project-config",
    message: `${path}: ${problem}`,
    exitCode: exitCodes.usage,
    hint: "Keys are the flags of `hunt bench --help` and `hunt up --help`, without the dashes; engines names programs that are installed.",
  });
}
