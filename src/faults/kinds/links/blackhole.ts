/** A link that swallows what is sent and closes nothing, as its proxy plays it. */
import type { FaultKind } from "../../fault.ts";
import { readDirection } from "../../plan/link-profile.ts";
import { onProxiedLinks, toxicOn } from "./link-toxic.ts";

export const blackhole: FaultKind = {
  ...onProxiedLinks,
  name: "blackhole",
  cuts: true,
  description:
    "a link holds every byte until it is healed, both ways or with direction=to or from; connections live on",
  settings(text) {
    const direction = readDirection(text);
    return "wrong" in direction ? direction.wrong : undefined;
  },
  on(link, world, plan) {
    const direction = readDirection(plan?.with);
    return toxicOn(link, world, { ...direction, blackhole: true }, plan?.forS);
  },
};
