import type { Drill } from "../../drill.ts";

export const gatewayPause: Drill = {
  name: "gateway-pause",
  description: "A gateway stands still without closing a connection, then goes on.",
  faults: ["pause gateway/1 at 18s for 6s"],
  recoverWithinS: 12,
  losesQuorum: false,
  steps: [
    "hunt status: the gateway is paused, or failing",
    "hunt node resume gateway/1; if it does not answer then, hunt node restart gateway/1",
    "hunt status: health ok",
  ],
};
