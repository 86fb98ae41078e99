// The cross-check of the swarm: the same plan played by plain k6, one VU per player, with k6's own
// gRPC streams, HTTP client and timers (docs/swarm-protocol.md, "Plain k6"). k6/x/hunt only hands out the
// timetable and books what this script says; no byte of the traffic is its own.
import exec from "k6/execution";
import { Client } from "k6/net/grpc";
import { plainPlayer } from "k6/x/hunt";
import { PlainPlayer } from "./plain-player.js";
import { PlainReads } from "./plain-reads.js";
import { PlainStreams } from "./plain-streams.js";

const whole = JSON.parse(open(__ENV.HUNT_PLAN));
const [lane] = whole.lanes;
const plan = { ...lane.settings, actions: lane.actions };
const longestS = Math.max(plan.actions.dig.timeoutMs, plan.actions.read.timeoutMs) / 1000;
const withinS = Math.ceil(30 + 60 + whole.durationS + longestS + 30);

export const options = {
  scenarios: {
    players: {
      executor: "per-vu-iterations",
      vus: whole.groups,
      iterations: 1,
      maxDuration: `${withinS}s`,
      gracefulStop: "5s",
    },
  },
};

// k6 wants clients made and protocols loaded before the run.
const protocol = "../../reference-backend/sessions/proto/sessions.proto";
const load = () => {
  const client = new Client();
  client.load([], protocol);
  return client;
};
const gateways = lane.targets.gateways.map((gateway) => ({ ...gateway, client: load() }));
const proxies = lane.targets.reads.map((proxy) => ({ ...proxy, client: load() }));

export default async function play() {
  const index = exec.vu.idInTest - 1;
  const own = plainPlayer(index);
  // Date.now() may step.
  const nowMs = () => own.now();
  const session = `s-${String(index).padStart(9, "0")}`;
  const streams = new PlainStreams(gateways, nowMs, () => own.count("reconnects"));
  const proxy = proxies[index % Math.max(1, proxies.length)];
  const reads = new PlainReads(plan.readProtocol, proxy, session, nowMs);
  try {
    const player = new PlainPlayer({ plan, session, swarm: own, streams, reads });
    streams.connect(player.owner);
    const startMs = own.begin();
    if (startMs > 0) await player.play(startMs);
  } catch (error) {
    own.fail(String(error));
  } finally {
    own.leave();
    streams.close();
    reads.close();
  }
}
