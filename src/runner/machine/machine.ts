/** The machine a run was made on, so that figures of unlike machines are not compared. No host name. */
import { cpus, platform, release, totalmem } from "node:os";
import type { RunDocument } from "../../recording/run-document.ts";

export function machineFingerprint(): RunDocument["machine"] {
  const processors = cpus();
  return {
    cpuModel: processors[0]?.model ?? "unknown",
    cores: processors.length,
    memoryBytes: totalmem(),
    kernel: release(),
    platform: platform(),
  };
}
