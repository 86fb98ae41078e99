/** `kill -9` of hunt while faults of every kind that leaves something behind are on: nothing of them stays. */
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { faultKindsOf } from "../../src/lanes/faults-of-lanes.ts";
import { lanes } from "../../src/lanes/lanes.ts";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";
import { HuntProcess, untilGone } from "./hunt-process.ts";

/** The keeper's own bound for ending everything. */
const goneBoundMs = 12_000;
const at = "at 5s for 9s";

const drops = ["lose link:gateway/2->etcd/1 with loss=5%", "partition link:gateway/2->etcd/3"];
const faults: readonly (readonly string[])[] = [
  [
    "pause etcd/3",
    "slow-start proxy/1",
    "noisy-neighbour gateway/1 with share=20%,cores=1",
    "degrade link:player->gateway with delay=20ms",
    "blackhole link:gateway/1->etcd/3 with direction=to",
    ...(dropsHere() ? drops : []),
  ],
  [
    "kill proxy/1",
    "stop gateway/1",
    "remove-member etcd/1",
    "slow-close link:k6/1->gateway/2",
    "reset link:gateway/2->etcd/3",
    "refuse link:gateway/2->etcd/1",
    "limit-data link:gateway/2->etcd/2 with bytes=1KB",
  ],
];
const quorum = "--allow-quorum-loss";

test.each(faults)(
  "kill -9 of hunt under %s and more leaves no process and no folder",
  async (...of) => {
    const data = temporaryFolder();
    const args = [
      ...["bench", "--scenario", "smoke", "--duration", "15s", "--no-warm-follower", quorum],
      ...of.flatMap((fault) => ["--fault", `${fault} ${at}`]),
    ];
    const hunt = new HuntProcess(args, temporaryFolder(), { TMPDIR: data });
    for (const fault of of) {
      const id = fault.split(" ")[0];
      await hunt.untilPrinted(new RegExp(`fault ${id} evidence`));
    }
    expect(readdirSync(data)).toHaveLength(1);
    const processes = hunt.descendants();
    expect(processes.length).toBeGreaterThan(5);
    hunt.kill("SIGKILL");
    await hunt.exited;
    await untilGone(processes, goneBoundMs);
    expect(readdirSync(data)).toEqual([]);
  },
  60_000,
);

test("the kinds that leave something behind are all above", () => {
  const named = faults.flat().map((fault) => fault.split(" ")[0]);
  // Over by themselves, or, like the full store, in the data that goes with its node.
  const without = ["restart", "leader-transfer", "compact", "defragment", "space-alarm"];
  const kinds = faultKindsOf(lanes)
    .map(({ name }) => name)
    .filter((name) => !without.includes(name));
  const droppers = dropsHere() ? [] : ["lose", "partition"];
  expect([...named, ...droppers].toSorted()).toEqual(kinds.toSorted());
});

function dropsHere(): boolean {
  return (
    faultKindsOf([])
      .find(({ name }) => name === "lose")
      ?.available("local").available === true
  );
}
