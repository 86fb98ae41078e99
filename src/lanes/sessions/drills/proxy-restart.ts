import type { Drill } from "../../drill.ts";

export const proxyRestart: Drill = {
  name: "proxy-restart",
  description: "The snapshot proxy is restarted; reads fail meanwhile, writes do not.",
  faults: ["restart proxy/1 at 18s"],
  recoverWithinS: 6,
  losesQuorum: false,
  steps: [
    "only reads fail: the gateways are not concerned",
    "hunt logs proxy/1 shows why it ended",
    "hunt node restart proxy/1, then hunt status",
  ],
};
