/**
 * The auditor: a process of its own that follows the session log and writes `audit.bin`.
 *
 *   node main.js --etcd HOST:PORT,... --file PATH
 *
 * SIGTERM lets it see the end of the log and close the file; without that the file says that it is partial.
 * Exit code 0: closed; 1: it was not.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { parseArgs } from "node:util";
import { AuditWriter } from "../files/audit-file.ts";
import { LogFollower } from "./log-follower.ts";

const drainWithinMs = 5_000;

const { values } = parseArgs({
  options: { etcd: { type: "string", default: "" }, file: { type: "string", default: "" } },
});
const file = openSync(values.file, "wx");
const audit = new AuditWriter((bytes) => {
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
  } catch (error) {
    // Whatever follows would not be whole: the file stays without its end, and says so.
    process.stdout.write(`${values.file} can't be written: ${String(error)}\n`);
    process.exit(1);
  }
});
const stopped = new AbortController();
const follower = new LogFollower({
  members: values.etcd.split(",").filter((member) => member !== ""),
  audit,
  nowMs: () => performance.now(),
  say: (line) => process.stdout.write(`${line}\n`),
  signal: stopped.signal,
});

let asked = false;
const end = async () => {
  if (asked) return;
  asked = true;
  const whole = await follower.drain(drainWithinMs);
  stopped.abort();
  if (whole) audit.close();
  closeSync(file);
  const words = whole
    ? "saw the whole log"
    : `did not see the end of the log in ${drainWithinMs} ms`;
  process.stdout.write(`${words}: ${follower.seen}\n`);
  process.exitCode = whole ? 0 : 1;
};
process.on("SIGTERM", () => void end());
process.on("SIGINT", () => void end());
await follower.follow();
