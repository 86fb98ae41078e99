// The shape of a run inside k6: one VU per group, each plays its group once. Load, players and
// recording are in the extension (native/k6); hunt owns the verdict, so there are no thresholds.
import exec from "k6/execution";
import { group } from "k6/x/hunt";

const plan = JSON.parse(open(__ENV.HUNT_PLAN));

// The swarm ends by itself: at most 30 s to connect and 60 s for hunt's start, then the plan, then
// the drain. k6's own limits only catch one that hangs.
const longestS = Math.max(
  ...plan.lanes.flatMap(({ actions }) =>
    Object.values(actions).map((each) => each.timeoutMs / 1000),
  ),
);
const withinS = Math.ceil(30 + 60 + plan.durationS + longestS + 30);

export const options = {
  scenarios: {
    swarm: {
      executor: "per-vu-iterations",
      vus: plan.groups * plan.lanes.length,
      iterations: 1,
      maxDuration: `${withinS}s`,
      gracefulStop: "5s",
    },
  },
};

export default function play() {
  group(exec.vu.idInTest - 1).run();
}
