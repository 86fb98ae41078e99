/**
 * `HUNT_*` variables as defaults of flags, below what is given on the command line and above
 * `hunt.config.yaml`. A variable that hunt does not know is an error, as an unknown key of that file is:
 * a mistyped `HUNT_BUDGET` must not be a run without its budget.
 */
import { type Command, Option } from "commander";
import { engineVariable, nameablePrograms } from "../../engines/programs/named-programs.ts";
import type { Environment } from "../../environment.ts";
import { exitCodes } from "../../exit-codes.ts";
import { booleanFlag } from "../../flag-values.ts";
import { HuntError } from "../../hunt-error.ts";
import { nearestWord } from "../../suggestion.ts";

const prefix = "HUNT_";
/** Beside those of flags; docs/environment.md says what they are for. */
const others = [
  "HUNT_BIN_DIR",
  "HUNT_CACHE_DIR",
  "HUNT_CHROMIUM",
  // Set by hunt exec, whose command may be hunt again.
  "HUNT_BACKEND",
  "HUNT_NODE",
  ...nameablePrograms.map(engineVariable),
];
const addressPrefix = "HUNT_ADDRESS_";

/** A flag that a variable can give too. commander would read `process.env`, and take every value as yes. */
export class VariableOption extends Option {
  readonly variable: string;

  /** @param name what follows `HUNT_` */
  constructor(flags: string, description: string, name: string) {
    super(flags, `${description} (env: ${prefix}${name})`);
    this.variable = `${prefix}${name}`;
  }
}

/** Before any command acts; help and the version are shown whatever is set. */
export function applyVariables(program: Command, { variables }: Environment): void {
  program.hook("preAction", (_, command) => {
    refuseUnknown(variables, knownVariables(program));
    for (const option of command.options.filter(isVariableOption)) {
      const text = variables[option.variable];
      const source = command.getOptionValueSource(option.attributeName());
      if (isEmpty(text) || (source !== undefined && source !== "default")) continue;
      command.setOptionValueWithSource(option.attributeName(), givenValue(option, text), "env");
    }
  });
}

/** Every variable by its full name, without the addresses of `hunt exec`. */
export function knownVariables(program: Command): string[] {
  const commands = (command: Command): Command[] => [
    command,
    ...command.commands.flatMap(commands),
  ];
  const ofFlags = commands(program)
    .flatMap(({ options }) => options.filter(isVariableOption))
    .map(({ variable }) => variable);
  return [...new Set([...ofFlags, ...others])];
}

/** Whether the flag takes no value: it is there, or not. */
export function isBoolean({ required, optional }: Option): boolean {
  return !required && !optional;
}

function isVariableOption(option: Option): option is VariableOption {
  return option instanceof VariableOption;
}

function isEmpty(text: string | undefined): text is undefined | "" {
  return text === undefined || text === "";
}

/** `HUNT_NO_X=true` is `--no-x`, which makes `x` false. */
function givenValue(option: VariableOption, text: string): unknown {
  if (isBoolean(option)) return booleanFlag(option.variable, text) !== option.negate;
  return option.parseArg === undefined ? text : option.parseArg<unknown>(text, undefined);
}

/** @throws HuntError (exit code 2). */
function refuseUnknown(variables: Environment["variables"], known: readonly string[]): void {
  const unknown = Object.keys(variables).find(
    (name) =>
      name.startsWith(prefix) &&
      !isEmpty(variables[name]) &&
      !name.startsWith(addressPrefix) &&
      !known.includes(name),
  );
  if (unknown === undefined) return;
  const words = known.map((name) => name.slice(prefix.length));
  const nearest = nearestWord(unknown.slice(prefix.length), words);
  const suggestion = nearest === undefined ? "" : ` Did you mean '${prefix}${nearest}'?`;
  throw new HuntError({
    code: "usage.unknown-variable",
    exitCode: exitCodes.usage,
    message: `the environment sets ${unknown}, a variable that hunt does not know.${suggestion}`,
    hint: "Unset it. hunt COMMAND --help names the variable of each flag, docs/environment.md lists all.",
  });
}
