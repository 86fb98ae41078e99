/** Two small programs beside the backend: what the kernel says of its sockets, and how long the disk takes. */
import { startDisk } from "../../engines/disk.ts";
import { startSockets } from "../../engines/sockets.ts";
import type { Companion } from "../../lanes/companion.ts";
import { machineCollectors } from "../machine/machine-collectors.ts";
import type { RunContext } from "../run-context.ts";

export function probes({ backend }: RunContext): Companion {
  return {
    start: async () => {
      await Promise.all([startSockets(backend), startDisk(backend)]);
    },
    collectors: () => machineCollectors(backend),
  };
}
