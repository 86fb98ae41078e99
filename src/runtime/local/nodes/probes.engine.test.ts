import { afterEach, expect, test } from "vitest";
import { poll } from "../../../../test/fixtures/poll.ts";
import {
  localRun,
  scriptProgram,
  scriptTopology,
} from "../../../../test/fixtures/runtime/local-run.ts";
import { temporaryFolder } from "../../../../test/fixtures/temporary-folder.ts";
import type { Backend, Probe, ProbeNews } from "../../runtime.ts";

const backends: Backend[] = [];

afterEach(async () => {
  for (const backend of backends.splice(0)) await backend.stop();
});

const topology = {
  ...scriptTopology(),
  stages: scriptTopology().stages.map((stage) =>
    stage.map((node) => ({ ...node, ports: ["http"] })),
  ),
};

/** A service that does what /do says with the path it is asked for: 200, 503 or silence. */
const service = `
  let mood = 200;
  require("http").createServer((request, response) => {
    if (request.url.startsWith("/do/")) mood = Number(request.url.slice(4));
    else if (mood === 0) return;
    response.statusCode = request.url.startsWith("/do/") ? 200 : mood;
    response.end();
  }).listen(Number(process.argv[1]), "127.0.0.1");`;

async function start(kind: "liveness" | "readiness", changes: Partial<Probe> = {}) {
  const address = (backend: Pick<Backend, "addresses">) =>
    backend.addresses.address("proxy/1", "http");
  const program = scriptProgram(service, {
    command: ({ addresses }) => {
      const http = address({ addresses });
      const probe = { ask: { http: `${http}/healthz` }, everyMs: 50, timeoutMs: 200, failures: 2 };
      return {
        program: process.execPath,
        args: ["-e", service, http.slice(http.indexOf(":") + 1)],
        env: {},
        [kind]: { ...probe, ...changes },
      };
    },
    checkReady: async ({ addresses }, signal) => {
      const answer = await fetch(`http://${address({ addresses })}/healthz`, { signal });
      if (!answer.ok) throw new Error(String(answer.status));
    },
  });
  const backend = await localRun(temporaryFolder()).up(topology, { programs: { proxy: program } });
  backends.push(backend);
  const news: ProbeNews[] = [];
  backend.onProbe((each) => news.push(each));
  const become = async (mood: number) =>
    void (await fetch(`http://${address(backend)}/do/${mood}`));
  return { backend, news, become, status: () => backend.status()[0] };
}

test("a node that fails its liveness probe is started again, and each step is told", async () => {
  const { backend, news, become, status } = await start("liveness");
  const first = status()?.pid;
  await become(503);
  await poll(() => status()?.starts).toBe(2);
  await poll(() => status()?.state).toBe("ready");
  expect(status()?.pid).not.toBe(first);
  expect(news).toMatchObject([
    { nodeId: "proxy/1", pid: first, probe: "liveness", state: "failed" },
  ]);
  expect(news[0]?.detail).toBe("it answered 503 Service Unavailable, 2 times in a row");
  const age = Number(process.hrtime.bigint()) / 1e6 - (news[0]?.atMonotonicMs ?? 0);
  expect(age).toBeGreaterThan(0);
  expect(age).toBeLessThan(20_000);
  expect((await backend.stopNode("proxy/1")).expected).toBe(true);
});

test("a node that hangs fails its liveness probe, too", async () => {
  const { news, become, status } = await start("liveness");
  await become(0);
  await poll(() => status()?.starts).toBe(2);
  expect(news[0]?.detail).toBe("no answer within 200 ms, 2 times in a row");
});

test("a node that fails its readiness probe is told, left alone, and told when it serves again", async () => {
  const { news, become, status } = await start("readiness");
  await poll(() => news.map(({ state }) => state)).toEqual(["passed"]);
  await become(503);
  await poll(() => news.map(({ state }) => state)).toEqual(["passed", "failed"]);
  await become(200);
  await poll(() => news.map(({ state }) => state)).toEqual(["passed", "failed", "passed"]);
  expect(status()).toMatchObject({ starts: 1, state: "ready" });
});
