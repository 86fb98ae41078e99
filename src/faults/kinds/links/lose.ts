/** A link on which the kernel drops some segments, so that TCP retransmits. */
import type { FaultKind } from "../../fault.ts";
import { dropOn, lossOf, onDroppedLinks, readLoss } from "./kernel-drop.ts";

export const lose: FaultKind = {
  ...onDroppedLinks,
  name: "lose",
  description:
    "the kernel drops segments of a link: with loss=3%; direction=to or from drops one way only",
  presets: ["loss=1%", "loss=5%", "loss=20%"],
  settings(text) {
    if (text === undefined) return 'expected how much, such as "with loss=3%"';
    const loss = readLoss(text);
    if ("wrong" in loss) return loss.wrong;
    return loss.share < 1 ? undefined : 'expected a loss, such as "with loss=3%"';
  },
  on: (link, world, plan) => dropOn(link, world, lossOf(plan?.with ?? "loss=1%"), plan?.forS),
};
