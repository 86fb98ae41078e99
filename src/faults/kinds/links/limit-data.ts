/**
 * A link on which a connection ends once so many bytes have passed, as Toxiproxy's limit_data plays it. Open
 * connections are counted from the injection on. The proxy's counters are the evidence: bytes and ends.
 */
import type { FaultKind } from "../../fault.ts";
import { bytes, readAmounts } from "../../plan/amounts.ts";
import { readDirection } from "../../plan/link-profile.ts";
import {
  connectionsText,
  endedBetween,
  onStandardToxics,
  type Stream,
  standardToxicOn,
} from "./standard-toxic.ts";

const amounts = { bytes: bytes(1, 1e9, "64KB, at most 1000MB") };
const bothStreams: readonly Stream[] = ["upstream", "downstream"];

export const limitData: FaultKind = {
  ...onStandardToxics,
  name: "limit-data",
  description:
    "a link's connections end after so many bytes: with bytes=64KB; with direction=to or from of one way only",
  presets: ["bytes=64KB", "bytes=1MB", "bytes=64KB,direction=from"],
  settings(text) {
    const limit = readLimit(text);
    return "wrong" in limit ? limit.wrong : undefined;
  },
  on(link, world, plan) {
    const limit = readLimit(plan?.with);
    const { most, streams } = "wrong" in limit ? { most: 0, streams: bothStreams } : limit;
    return standardToxicOn(
      link,
      world,
      {
        type: "limit_data",
        attributes: { bytes: most },
        streams,
        async look(before, now) {
          const ended = endedBetween(before, now);
          const passed = streams.map((stream) => now[stream].bytes - before[stream].bytes);
          if (ended < 1 || Math.max(...passed) < most) return "";
          return `${connectionsText(ended)} ended, ${passed.join(" and ")} bytes came to the limit of ${most}`;
        },
      },
      plan?.forS,
    );
  },
};

interface Limit {
  readonly most: number;
  readonly streams: readonly Stream[];
}

function readLimit(text: string | undefined): Limit | { readonly wrong: string } {
  const pairs = (text ?? "").split(",").filter((pair) => pair !== "");
  const isDirection = (pair: string) => pair.startsWith("direction=");
  const [way, second] = pairs.filter(isDirection);
  if (second !== undefined) return { wrong: "direction is given twice" };
  const direction = readDirection(way);
  if ("wrong" in direction) return direction;
  const rest = pairs.filter((pair) => !isDirection(pair)).join(",");
  const read = readAmounts(rest === "" ? undefined : rest, amounts);
  if ("wrong" in read) return read;
  const most = read.get("bytes");
  if (most === undefined) return { wrong: 'expected how much, such as "with bytes=64KB"' };
  const streams = direction.direction === undefined ? bothStreams : [direction.direction];
  return { most, streams };
}
