/**
 * Where the programs that hunt starts are found. `bin/hunt` builds them and links them into
 * `.cache/bin` of the checkout; an installed package carries them in the same place.
 */
import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exitCodes } from "../exit-codes.ts";
import { HuntError } from "../hunt-error.ts";

export type BinaryName =
  | "disk"
  | "etcd"
  | "etcdctl"
  | "etcdutl"
  | "firewall"
  | "toxiproxy"
  | "k6"
  | "keeper"
  | "linearize"
  | "neighbour"
  | "sockets";

/** The same from `src/engines` and from `dist/engines`. */
const packageRoot = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Absolute path of a program that can be executed.
 * @throws HuntError `engine.binary-missing` (exit code 3)
 */
export function binaryPath(
  name: BinaryName,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const configured = environment["HUNT_BIN_DIR"] || undefined;
  const path = binaryFile(name, environment);
  try {
    accessSync(path, constants.X_OK);
  } catch (error) {
    throw new HuntError({
      code: "engine.binary-missing",
      exitCode: exitCodes.environment,
      message: `the program ${name} is missing or can't be executed: ${path}`,
      hint:
        configured === undefined
          ? "Start hunt through bin/hunt, which builds what is missing."
          : "HUNT_BIN_DIR names this folder; unset it to use the programs that bin/hunt builds.",
      cause: error,
    });
  }
  return path;
}

/** Where it is looked for, whether it is there or not. */
export function binaryFile(
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  return join(environment["HUNT_BIN_DIR"] || join(packageRoot, ".cache", "bin"), name);
}
