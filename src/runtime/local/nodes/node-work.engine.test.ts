import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { poll } from "../../../../test/fixtures/poll.ts";
import {
  localRun,
  scriptProgram,
  scriptTopology,
} from "../../../../test/fixtures/runtime/local-run.ts";
import { temporaryFolder } from "../../../../test/fixtures/temporary-folder.ts";
import { HuntError } from "../../../hunt-error.ts";
import type { Topology, TopologyNode } from "../../../topology/topology.ts";
import type { Backend, NodeCommand, NodeProgram } from "../../runtime.ts";

const backends: Backend[] = [];

afterEach(async () => {
  for (const backend of backends.splice(0)) await backend.stop();
});

async function up(
  program: NodeProgram,
  topology = scriptTopology(),
  run = localRun(temporaryFolder()),
): Promise<Backend> {
  const backend = await run.up(topology, { programs: { proxy: program } });
  backends.push(backend);
  return backend;
}

/** A step that runs a line of JavaScript. */
function script(text: string): NodeCommand {
  return { program: process.execPath, args: ["-e", text], env: {} };
}

const idle = "setInterval(() => {}, 1000)";
const append = (word: string) => `require("fs").appendFileSync("story", "${word} ")`;
const story = (backend: Backend) => {
  const { dataRoot } = backend.handover();
  return readFileSync(join(dataRoot, "proxy-1", "story"), "utf8").trim();
};

test("a node is prepared before its first start only, step by step, in its folder", async () => {
  const backend = await up(
    scriptProgram(`${append("start")}; ${idle}`, {
      prepare: {
        timeoutMs: 10_000,
        run: async (_, steps) => {
          await steps.run(script(`setTimeout(() => ${append("first")}, 100)`));
          await steps.run(script(append("second")));
        },
      },
      checkReady: async ({ dataDir }) => {
        if (!readFileSync(join(dataDir, "story"), "utf8").includes("start")) throw new Error("no");
      },
    }),
  );
  expect(story(backend)).toBe("first second start");
  // A step is no node.
  expect(backend.status().map(({ nodeId }) => nodeId)).toEqual(["proxy/1"]);
  await backend.refresh();
  expect(backend.status()).toHaveLength(1);
  await backend.restartNode("proxy/1", AbortSignal.timeout(10_000));
  expect(story(backend)).toMatch(/^first second start/);
  expect(
    story(backend)
      .split(" ")
      .filter((word) => word === "first"),
  ).toHaveLength(1);
});

test("a step that fails is told with its program, its exit code and its last lines, and nothing stays", async () => {
  const run = localRun(temporaryFolder());
  const work = script(`console.log("no room for a cluster"); process.exit(4)`);
  const prepare = { timeoutMs: 10_000, run: (_: unknown, steps: Runs) => steps.run(work) };
  const error = await failureOf(up(scriptProgram(idle, { prepare }), scriptTopology(), run));
  expect(error).toMatchObject({ code: "engine.start-failed", exitCode: 3 });
  expect(error.message).toMatch(
    /^proxy\/1: prepare failed: node ended with exit code 4 after \d\.\d s\n/,
  );
  expect(error.message).toContain("no room for a cluster");
  expect(error.hint).toContain("proxy-1.log");
  expect(existsSync(join(run.tmpDir, `hunt-${run.logsDir.slice(-6)}`))).toBe(false);
});

test("work that passes its bound is ended with its step, and told", async () => {
  const run = localRun(temporaryFolder());
  const prepare = { timeoutMs: 500, run: (_: unknown, steps: Runs) => steps.run(script(idle)) };
  const startedMs = performance.now();
  const error = await failureOf(up(scriptProgram(idle, { prepare }), scriptTopology(), run));
  expect(error.message).toBe("proxy/1: prepare was not done within 0.5 s");
  expect(performance.now() - startedMs).toBeLessThan(8_000);
});

test("a step whose program does not exist is told as that", async () => {
  const prepare = {
    timeoutMs: 10_000,
    run: (_: unknown, steps: Runs) => steps.run({ ...script(""), program: "/nowhere/initdb" }),
  };
  const error = await failureOf(up(scriptProgram(idle, { prepare })));
  expect(error.message).toContain("proxy/1 (prepare: initdb) could not be started");
});

test("a cluster is bootstrapped once, when its last node serves, whichever stage that is of", async () => {
  const node = (id: string): TopologyNode => {
    return { id, kind: "proxy", zone: "a", ports: [], settings: {} };
  };
  const topology: Topology = {
    ...scriptTopology(),
    stages: [[node("one/1"), node("two/1"), node("alone/1")], [node("one/2")]],
    clusters: ["one", "two"].map((name) => ({ name, kind: "proxy", roles: [] })),
  };
  const told: string[] = [];
  const program = scriptProgram(idle, {
    checkReady: async (context) => void told.push(context.node.id),
    bootstrap: {
      timeoutMs: 10_000,
      run: async (nodes, steps) => {
        await steps.run(script(""));
        told.push(nodes.map((each) => each.node.id).join(" and "));
      },
    },
  });
  await up(program, topology);
  expect(told.slice(3)).toEqual(["two/1", "one/2", "one/1 and one/2"]);
});

test("a node is revived on the data that it left, before each start but the first", async () => {
  const backend = await up(
    scriptProgram(`${append("start")}; ${idle}`, {
      revive: { timeoutMs: 10_000, run: (_, steps) => steps.run(script(append("revived"))) },
      checkReady: async ({ dataDir }) => {
        if (!readFileSync(join(dataDir, "story"), "utf8").trim().endsWith("start")) {
          throw new Error("not started");
        }
      },
    }),
  );
  expect(story(backend)).toBe("start");
  await backend.signalNode("proxy/1", "SIGKILL");
  await backend.waitForExit("proxy/1");
  await backend.restartNode("proxy/1", AbortSignal.timeout(10_000));
  expect(story(backend)).toBe("start revived start");
});

test("a node that is started again without its data is prepared again", async () => {
  const program: NodeProgram = scriptProgram(`${append("start")}; ${idle}`, {
    prepare: { timeoutMs: 10_000, run: (_, steps) => steps.run(script(append("prepared"))) },
    checkReady: async ({ dataDir }) => {
      if (!readFileSync(join(dataDir, "story"), "utf8").includes("start")) throw new Error("no");
    },
    rejoinCommand: (context) => program.command(context),
  });
  const backend = await up(program);
  await backend.rejoinNode("proxy/1", AbortSignal.timeout(10_000));
  expect(story(backend)).toBe("prepared start");
});

test("a stop signal of its own ends a node that would ignore SIGTERM", async () => {
  const text = `process.on("SIGTERM", () => {}); process.on("SIGINT", () => process.exit(5)); ${idle}`;
  const backend = await up(
    scriptProgram(`${text}; ${append("start")}`, {
      command: () => ({ ...script(`${text}; ${append("start")}`), stopSignal: "SIGINT" }),
      checkReady: async ({ dataDir }) => void readFileSync(join(dataDir, "story")),
    }),
  );
  expect(await backend.stopNode("proxy/1")).toMatchObject({ code: 5, expected: true });
});

test("figures are those of every node that runs, its children among them", async () => {
  const children = `for (const i of [1, 2]) require("child_process").spawn("sleep", ["1000"], { detached: true });`;
  const backend = await up(scriptProgram(`${children} ${idle}`));
  await poll(async () => (await backend.figures()).map(({ processes }) => processes)).toEqual([3]);
  const [figures] = await backend.figures();
  expect(figures).toMatchObject({ nodeId: "proxy/1", pid: backend.status()[0]?.pid });
  expect(figures?.rssBytes).toBeGreaterThan(10e6);
  expect(figures?.bytesWritten).toBeGreaterThanOrEqual(0);
});

interface Runs {
  run(command: NodeCommand): Promise<void>;
}

async function failureOf(starting: Promise<unknown>): Promise<HuntError> {
  const error = await starting.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof HuntError)) throw new Error(`no HuntError: ${error}`);
  return error;
}
