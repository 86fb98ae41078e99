/**
 * The fetched PostgreSQL, started by the test itself: the runtime can't hold it yet (`engines.ts`). It refuses to run
 * as root, so there it runs as another user of a user namespace, with files that stay root's.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, realpathSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../test/fixtures/temporary-folder.ts";
import { binaryPath } from "./binaries.ts";

const programs = dirname(realpathSync(binaryPath("postgres")));
const environment = { PATH: process.env["PATH"], LC_ALL: "C" };
const asAnotherUser =
  process.getuid?.() === 0
    ? ["unshare", "--user", "--map-user=65534", "--map-group=65534", "--"]
    : [];
/** Without System V or shared memory files that a kill would leave. */
const settings = ["unix_socket_directories=", "dynamic_shared_memory_type=mmap"];

test("all of PostgreSQL's programs that hunt needs are there, of one version", () => {
  const names = ["initdb", "pg_ctl", "pg_basebackup", "pg_rewind", "psql", "pg_controldata"];
  const versions = ["postgres", ...names].map(
    (name) => / \(PostgreSQL\) (\d+\S*)/.exec(run(name, ["--version"]))?.[1],
  );
  expect(versions).toEqual(versions.map(() => expect.stringMatching(/^\d+\.\d+$/)));
  expect(new Set(versions).size).toBe(1);
});

test("PostgreSQL serves, keeps what it committed through a kill, and leaves nothing", async () => {
  const data = join(temporaryFolder(), "data");
  run("initdb", ["--pgdata", data, "--username=hunt", "--auth=trust", "--locale=C", "--no-sync"]);
  const port = await freePort();
  const ask = (sql: string) =>
    run("psql", [
      ...["--no-psqlrc", "--tuples-only", "--no-align", "--host=127.0.0.1", `--port=${port}`],
      ...["--username=hunt", "--dbname=postgres", `--command=${sql}`],
    ]);

  const killed = await start(data, port);
  ask("create table kept (n int); insert into kept values (7)");
  killed.kill("SIGKILL");
  await once(killed, "exit");
  expect(() => ask("select 1")).toThrow("Connection refused");

  const stopped = await start(data, port);
  expect(ask("select n from kept")).toBe("7\n");
  stopped.kill("SIGINT");
  expect(await once(stopped, "exit")).toEqual([0, null]);
  expect(() => ask("select 1")).toThrow("Connection refused");
  expect(existsSync(join(data, "postmaster.pid"))).toBe(false);
});

/** Resolves when it takes connections; `unshare` becomes the server, so the child is the server itself. */
async function start(data: string, port: number): Promise<ChildProcess> {
  const flags = settings.flatMap((setting) => ["-c", setting]);
  const [program = "", ...args] = [
    ...[...asAnotherUser, join(programs, "postgres"), "-D", data],
    ...["-h", "127.0.0.1", "-p", String(port), ...flags],
  ];
  const server = spawn(program, args, {
    env: environment,
    stdio: ["ignore", "ignore", "pipe"],
    timeout: 25_000,
    killSignal: "SIGKILL",
  });
  onTestFinished(() => void server.kill("SIGKILL"));
  const lines: string[] = [];
  for await (const line of createInterface(server.stderr)) {
    lines.push(line);
    if (!line.includes("ready to accept connections")) continue;
    server.stderr.resume();
    return server;
  }
  throw new Error(`postgres ended at its start:\n${lines.join("\n")}`);
}

function run(name: string, args: readonly string[]): string {
  const [program = "", ...rest] = [...asAnotherUser, join(programs, name), ...args];
  return execFileSync(program, rest, { env: environment, encoding: "utf8", stdio: "pipe" });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
