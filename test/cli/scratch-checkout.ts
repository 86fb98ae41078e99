/**
 * A checkout in small for the tests of bin/ and scripts/: the real ones, a main.ts that can do nothing but get
 * programs, Go modules with programs of one line, and the packages of the checkout that runs the test.
 */
import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";

const real = join(import.meta.dirname, "..", "..");
const programs = [
  ["engines", "etcd"],
  ["engines", "etcdctl"],
  ["engines", "etcdutl"],
  ["engines", "toxiproxy"],
  ["tools", "disk"],
  ["tools", "keeper"],
  ["tools", "firewall"],
  ["tools", "linearize"],
  ["tools", "neighbour"],
  ["tools", "sockets"],
  ["k6", "k6"],
] as const;

/** What gets programs, as it is. */
const sources = [
  "engines/programs/binaries.ts",
  "engines/programs/ensure-programs.ts",
  "engines/programs/named-programs.ts",
  "engines/programs/program-state.ts",
  "engines/programs/programs.ts",
  "environment.ts",
  "exit-codes.ts",
  "hunt-error.ts",
  "output-stream.ts",
  "reason-of.ts",
].map((name) => join("src", name));

/** `get NAME...` gets programs, as a command does that starts them. */
export const mainSource = `
import { ensurePrograms } from "./engines/programs/ensure-programs.ts";
import { systemEnvironment } from "./environment.ts";
const environment = systemEnvironment();
const { args } = environment;
try {
  if (args[0] === "get") await ensurePrograms(environment, args.slice(1));
  console.log("started", args.join("|"));
} catch (error) {
  console.error(["hunt: " + error.message, error.hint].join("\\n  "));
  process.exitCode = error.exitCode;
}
`;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Start {
  readonly ended: Promise<Ended>;
  /** Resolves when standard error holds the text; rejects when the process ends without it. */
  saw(text: string): Promise<void>;
  /** To the whole process group, as Ctrl-C does. */
  signal(name: NodeJS.Signals): void;
}

export interface ScratchCheckout extends AsyncDisposable {
  readonly root: string;
  readonly cache: string;
  /** A folder ahead of everything on PATH. */
  readonly fakes: string;
  start(args: readonly string[], env?: Readonly<Record<string, string>>): Start;
  hunt(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
  read(path: string): Promise<string>;
  write(path: string, text: string): Promise<void>;
}

export async function createScratchCheckout(): Promise<ScratchCheckout> {
  const folder = await mkdtemp(join(tmpdir(), "hunt-set-up-"));
  const [root, cache, fakes] = [
    join(folder, "checkout"),
    join(folder, "cache"),
    join(folder, "fakes"),
  ];
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };
  await mkdir(fakes, { recursive: true });
  const copied = ["bin", "scripts", "package.json", "package-lock.json", "tsconfig.json"];
  for (const path of [...copied, ...sources]) {
    await cp(join(real, path), join(root, path), { recursive: true });
  }
  await symlink(join(real, "node_modules"), join(root, "node_modules"));
  await write("src/main.ts", mainSource);
  for (const [module, program] of programs) {
    await write(`native/${module}/go.mod`, `module hunt/native/${module}\n\ngo 1.26.0\n`);
    await write(`native/${module}/cmd/${program}/main.go`, `package main\n\nfunc main() {}\n`);
  }

  const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Start => {
    const path = [fakes, dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter);
    return watch(join(root, "bin", "hunt"), args, { PATH: path, HUNT_CACHE_DIR: cache, ...env });
  };
  return {
    root,
    cache,
    fakes,
    start,
    hunt: (args, env) => start(args, env).ended,
    read: (path) => readFile(join(root, path), "utf8"),
    write,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

function watch(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Start {
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
  return {
    ended,
    saw: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (stderr.includes(text)) resolve();
        };
        child.stderr.on("data", look);
        child.once("close", () => reject(new Error(`ended without "${text}": ${stderr}`)));
        look();
      }),
    signal: (name) => {
      if (child.pid !== undefined) process.kill(-child.pid, name);
    },
  };
}
