/** A link on which the kernel drops every segment, one way or both. */
import type { FaultKind } from "../../fault.ts";
import { dropOn, lossOf, onDroppedLinks, readLoss } from "./kernel-drop.ts";

export const partition: FaultKind = {
  ...onDroppedLinks,
  name: "partition",
  cuts: true,
  description: "the kernel drops every segment of a link; with direction=to or from one way only",
  settings(text) {
    const loss = readLoss(text ?? "");
    if ("wrong" in loss) return loss.wrong;
    return loss.share === 1 ? undefined : "it drops everything: leave loss out, or use lose";
  },
  on: (link, world, plan) => dropOn(link, world, lossOf(plan?.with ?? ""), plan?.forS),
};
