import type { Drill } from "../../drill.ts";

export const gatewayCrash: Drill = {
  name: "gateway-crash",
  description: "A gateway is killed; its players move to the other one.",
  faults: ["kill gateway/1 at 18s for 8s"],
  recoverWithinS: 6,
  losesQuorum: false,
  steps: [
    "hunt status: the gateway is dead",
    "its players go to the other gateway by themselves",
    "hunt logs gateway/1 shows its last words",
    "hunt node start gateway/1, then hunt status",
  ],
};
