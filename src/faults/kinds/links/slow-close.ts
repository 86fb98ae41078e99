/**
 * A link on which the end of a connection arrives late, as Toxiproxy's slow_close plays it. A connection of
 * hunt's own is closed before and during the fault; the difference is the evidence.
 */
import type { FaultKind } from "../../fault.ts";
import { duration, readAmounts } from "../../plan/amounts.ts";
import { type Probed, probe } from "./link-probe.ts";
import { linkAddressOf, onStandardToxics, standardToxicOn } from "./standard-toxic.ts";

const plainDelayMs = 1_000;
/** A close that is held for longer is proven. */
const provenMs = 500;
const amounts = { delay: duration(50, 30_000, "2s, at least 50ms, at most 30s") };

export const slowClose: FaultKind = {
  ...onStandardToxics,
  name: "slow-close",
  description: "the end of a connection arrives late, by 1 s; with delay=5s by another time",
  presets: ["delay=1s", "delay=5s"],
  settings(text) {
    const read = readAmounts(text, amounts);
    return "wrong" in read ? read.wrong : undefined;
  },
  on(link, world, plan) {
    const read = readAmounts(plan?.with, amounts);
    const delay = "wrong" in read ? plainDelayMs : (read.get("delay") ?? plainDelayMs);
    const boundMs = Math.min(provenMs, 0.8 * delay);
    const close = (signal: AbortSignal) =>
      probe(linkAddressOf(world, link), "end", boundMs, signal);
    let plain: Probed | undefined;
    return standardToxicOn(
      link,
      world,
      {
        type: "slow_close",
        attributes: { delay },
        streams: ["upstream", "downstream"],
        async prepare(signal) {
          plain = await close(signal);
        },
        async look(_before, _now, signal) {
          const { end, afterMs } = await close(signal);
          if (plain?.end !== "closed" || end !== "open") return "";
          return `a close took ${plain.afterMs.toFixed(1)} ms before, and was held after ${afterMs.toFixed(0)} ms`;
        },
      },
      plan?.forS,
    );
  },
};
