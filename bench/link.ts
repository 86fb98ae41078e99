/**
 * What an idle proxied link costs: the same echo of 200 bytes, one at a time, direct and through our
 * Toxiproxy in turn, so that drifts of the machine fall on both. Prints the medians' difference, and the
 * proxy's CPU per message (there and back are two).
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { binaryPath } from "../src/engines/programs/binaries.ts";

const rounds = 6;
const echoesPerRound = 4_000;
const message = Buffer.alloc(200, 1);
/** Of /proc/<pid>/stat; 100 per second on every Linux that Node runs on. */
const tickMs = 10;

const server = createServer((socket) => void socket.setNoDelay().pipe(socket));
const direct = await listenOn();
const proxied = await freePort();
const api = await freePort();
const link = `a->b:echo=127.0.0.1:${proxied}=127.0.0.1:${direct}`;
const proxy = spawn(binaryPath("toxiproxy"), ["--listen", `127.0.0.1:${api}`, "--link", link], {
  stdio: "ignore",
});
try {
  await untilAnswering();
  const sockets = { direct: await open(direct), proxied: await open(proxied) };
  const times: { direct: number[]; proxied: number[] } = { direct: [], proxied: [] };
  let cpuMs = 0;
  for (let round = 0; round < rounds; round += 1) {
    times.direct.push(...(await echoes(sockets.direct)));
    const before = cpuOfProxy();
    times.proxied.push(...(await echoes(sockets.proxied)));
    cpuMs += cpuOfProxy() - before;
  }
  const [without, through] = [median(times.direct), median(times.proxied)];
  const perMessageUs = (1000 * cpuMs) / (2 * rounds * echoesPerRound);
  console.log(`round trip p50: direct ${without.toFixed(3)} ms, proxied ${through.toFixed(3)} ms`);
  console.log(`an idle link adds ${(through - without).toFixed(3)} ms (to reach: 0.1 ms at most)`);
  console.log(`CPU of the proxy: ${perMessageUs.toFixed(1)} us per message`);
  for (const socket of Object.values(sockets)) socket.destroy();
} finally {
  proxy.kill();
  server.close();
}

async function listenOn(): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return portOf(server.address());
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const port = portOf(probe.address());
  probe.close();
  await once(probe, "close");
  return port;
}

function portOf(address: ReturnType<typeof server.address>): number {
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function untilAnswering(): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await fetch(`http://127.0.0.1:${api}/hunt/links`).catch(() => undefined);
    if (answer?.ok === true) return;
    await sleep(50);
  }
  throw new Error("toxiproxy did not answer within 5 s");
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1").setNoDelay();
  await once(socket, "connect");
  return socket;
}

async function echoes(socket: Socket): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < echoesPerRound; index += 1) {
    const begunMs = performance.now();
    socket.write(message);
    let bytes = 0;
    while (bytes < message.length) {
      const [chunk] = await once(socket, "data");
      bytes += chunk.length;
    }
    times.push(performance.now() - begunMs);
  }
  return times;
}

function cpuOfProxy(): number {
  const stat = readFileSync(`/proc/${proxy.pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;
}
