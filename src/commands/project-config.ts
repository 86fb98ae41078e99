/**
 * `hunt.config.yaml`: the project's defaults for `bench` and `up`, by flag name, e.g. `scenario: smoke` or
 * `budget: ["sessions.dig.p99 < 20ms @steady"]`. An unknown key is an error, never silence.
 */
import { readFileSync } from "node:fs";
import { parse, YAMLParseError } from "yaml";
import { z } from "zod";
import { exitCodes } from "../exit-codes.ts";
import { HuntError } from "../hunt-error.ts";
import { suggestionFor } from "../suggestion.ts";

const valueSchema = z.union([z.string(), z.number().transform(String), z.array(z.string())]);
const documentSchema = z.record(z.string(), valueSchema).nullable();

/** @throws HuntError (exit code 2) with the line when the file can't be used. */
export function readProjectConfig(
  path: string,
  knownNames: readonly string[],
): Readonly<Record<string, string | readonly string[]>> {
  const document = documentSchema.safeParse(parseYaml(path));
  if (!document.success) {
    throw configError(path, document.error.issues.map((issue) => issue.message).join("; "));
  }
  const values: Record<string, string | readonly string[]> = {};
  for (const [key, value] of Object.entries(document.data ?? {})) {
    const name = key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (!knownNames.includes(name) || ["json", "sabotage"].includes(name)) {
      throw configError(path, `unknown key "${key}". ${suggestionFor(name, knownNames)}`);
    }
    values[name] = name === "budget" && typeof value === "string" ? [value] : value;
  }
  return values;
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
    hint: "Keys are the flags of `hunt bench --help` and `hunt up --help`, without the dashes.",
  });
}
