/**
 * A link on which connections end by RST as soon as the client sends something: those that are open, and new
 * ones. The toxic is Toxiproxy's reset_peer. A connection of hunt's own shows the reset; the proxy's counters
 * show that others have ended, too.
 */
import type { FaultKind } from "../../fault.ts";
import { duration, readAmounts } from "../../plan/amounts.ts";
import { probe } from "./link-probe.ts";
import {
  connectionsText,
  endedBetween,
  linkAddressOf,
  onStandardToxics,
  standardToxicOn,
} from "./standard-toxic.ts";

const probeBoundMs = 1_500;
/** While it waits the toxic can't be removed, so it is shorter than any call. */
const amounts = { after: duration(0, 1000, "50ms, at most 1s") };

export const reset: FaultKind = {
  ...onStandardToxics,
  name: "reset",
  cuts: true,
  description:
    "a link's connections end by RST when the client sends: at once, or with after=50ms later",
  presets: ["after=50ms", "after=500ms"],
  settings(text) {
    const read = readAmounts(text, amounts);
    return "wrong" in read ? read.wrong : undefined;
  },
  on(link, world, plan) {
    const read = readAmounts(plan?.with, amounts);
    const timeout = "wrong" in read ? 0 : (read.get("after") ?? 0);
    let probes = 0;
    return standardToxicOn(
      link,
      world,
      {
        type: "reset_peer",
        attributes: { timeout },
        streams: ["upstream"],
        async look(before, now, signal) {
          const others = endedBetween(before, now) - probes;
          if (others <= 0) return "";
          const { end } = await probe(linkAddressOf(world, link), "byte", probeBoundMs, signal);
          probes += 1;
          if (end !== "reset") return "";
          return `${connectionsText(others)} ended, and hunt's own got a reset`;
        },
      },
      plan?.forS,
    );
  },
};
