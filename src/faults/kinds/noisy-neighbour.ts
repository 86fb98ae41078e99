/**
 * Somebody else's work on the target's processors: a small program (`native/tools/cmd/neighbour`) that
 * burns a share of each. It is a child of the keeper and ends by itself when its time is over, so nobody's
 * death leaves it. The proof is the kernel's count of its CPU time.
 */
import { readFile } from "node:fs/promises";
import { binaryPath } from "../../engines/programs/binaries.ts";
import { sampleProcess } from "../../metrics/collect/sources/proc.ts";
import { suggestionFor } from "../../suggestion.ts";
import type { TopologyNode } from "../../topology/topology.ts";
import type { Fault, FaultKind, FaultWorld } from "../fault.ts";
import { ownedProcesses, statusOf, until } from "./serving.ts";

const stopTimeoutMs = 1_000;
/** Of its own clock, beyond the fault's time; and without one. */
const graceS = 10;
const mostS = 600;
/** Enough to be no mere start: the kernel counts 10 ms at a time. */
const provenCpuS = 0.1;

interface Noise {
  /** Of each processor, above 0 up to 1. */
  readonly share: number;
  /** How many of the target's processors; absent: all. */
  readonly cores?: number;
}

export const noisyNeighbour: FaultKind = {
  name: "noisy-neighbour",
  description:
    "other work on the processors that the node may run on, 50 % of each; with share=80%,cores=1",
  undo: "end the program that burns",
  nodeKinds: "processes",
  lasts: true,
  takesAway: false,
  takesMachine: true,
  available: ownedProcesses,
  presets: ["share=80%,cores=1", "share=90%"],
  settings(text) {
    const noise = readNoise(text ?? "");
    return "wrong" in noise ? noise.wrong : undefined;
  },
  on(node, world, plan) {
    const noise = readNoise(plan?.with ?? "");
    return burnBeside(node, world, "wrong" in noise ? { share: 0.5 } : noise, plan?.forS);
  },
};

function readNoise(text: string): Noise | { readonly wrong: string } {
  let noise: Noise = { share: 0.5 };
  for (const pair of text.split(",").filter((each) => each !== "")) {
    const [name = "", value = ""] = pair.split("=");
    if (name === "share") {
      const share = Number(/^(\d+(?:\.\d+)?)%$/.exec(value)?.[1]) / 100;
      if (!(share > 0 && share <= 1)) {
        return { wrong: `expected share=VALUE such as 50%, at most 100%, got "${value}"` };
      }
      noise = { ...noise, share };
    } else if (name === "cores") {
      const cores = Number(/^\d+$/.exec(value)?.[0]);
      if (!(cores >= 1 && cores <= 1024)) {
        return { wrong: `expected cores=NUMBER such as 1, got "${value}"` };
      }
      noise = { ...noise, cores };
    } else {
      return { wrong: `there is no "${name}" here. ${suggestionFor(name, ["share", "cores"])}` };
    }
  }
  return noise;
}

function burnBeside(
  target: TopologyNode,
  world: FaultWorld,
  { share, cores }: Noise,
  forS: number | undefined,
): Fault {
  const { backend } = world;
  const burner: TopologyNode = {
    id: `neighbour/${target.id}`,
    kind: "tool",
    zone: "",
    ports: [],
    settings: {},
  };
  const state = () => backend.status().find(({ nodeId }) => nodeId === burner.id)?.state;
  const burns = () => state() !== undefined && state() !== "exited";
  let where: readonly number[] = [];
  let begunMs = 0;
  let evidence = "";
  return {
    async inject() {
      const allowed = await processorsOf(statusOf(world, target.id).pid);
      where = allowed.slice(0, cores ?? allowed.length);
      const lengthS = Math.min(mostS, forS === undefined ? mostS : forS + graceS);
      const flags = ["--cpus", where.join(","), "--share", String(share), "--for", `${lengthS}s`];
      const command = { program: binaryPath("neighbour"), args: flags, env: {} };
      begunMs = world.clock.monotonicMs();
      await backend.startNode(burner, command, stopTimeoutMs);
    },
    async waitForEffect(signal) {
      const { pid } = statusOf(world, burner.id);
      await until(
        signal,
        () => `${burner.id} (pid ${pid}) burns nothing`,
        async () => {
          if (!burns()) {
            throw new Error(`${burner.id} ended: ${await lastWords(world, burner.id)}`);
          }
          const cpuS = (await sampleProcess(pid))?.cpuSeconds ?? 0;
          if (cpuS < provenCpuS) return false;
          const tookS = (world.clock.monotonicMs() - begunMs) / 1000;
          const on = `processor${where.length === 1 ? "" : "s"} ${where.join(", ")}`;
          evidence = `pid ${pid} burnt ${cpuS.toFixed(2)} s of CPU on ${on} in ${tookS.toFixed(2)} s`;
          return true;
        },
      );
    },
    async heal() {
      if (burns()) await backend.stopNode(burner.id);
    },
    async waitForRecovery(signal) {
      await until(
        signal,
        () => `${burner.id} still burns`,
        async () => !burns(),
      );
    },
    evidence: () => evidence,
  };
}

async function lastWords({ backend }: FaultWorld, nodeId: string): Promise<string> {
  return (await backend.lastLines(nodeId, 3)).join(" ");
}

/** Those that the process may run on: `0-1,4` of proc(5) as numbers. */
async function processorsOf(pid: number): Promise<readonly number[]> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? "0";
  return list.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
