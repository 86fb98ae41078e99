/**
 * What lasting bad networks cost each design (`npm run bench:jitter`): 120 ms jitter and 3 % modelled loss on
 * player-gateway and gateway-etcd at 2,000 digs/s, response times of the seconds under the fault, and what
 * became of every accepted operation.
 */
import type { ComparisonDocument } from "../src/verdict/summary-document.ts";
import { huntRecordings } from "./hunt-json.ts";
import { atMost, printReadings, type Reading } from "./readings.ts";

const [fromS, forS] = [6, 24];
const settings = `with jitter=120ms,loss=3% at ${fromS}s for ${forS}s`;
const args = [
  ...["bench", "--scenario", "steady", "--duration", "36s", "--rate", "2000", "--players", "14000"],
  ...["--design", "naive,delta,log", "--no-warm-follower", "--gate", "warn"],
  ...["--fault", `degrade link:player->gateway ${settings}`],
  ...["--fault", `degrade link:gateway->etcd ${settings}`],
];

const readings = await huntRecordings(args, (document: ComparisonDocument, recordings) => {
  const found: Reading[] = [];
  document.runs.forEach((summary, index) => {
    const design = summary.lanes["sessions"]?.design ?? "";
    const reader = recordings[index];
    // The first two seconds are those in which queues grow.
    const windows = [{ startS: fromS + 2, endS: fromS + forS }];
    const of = (series: string) => reader?.histogram([`sessions.dig.${series}`], windows).figures();
    const figures = of("response");
    const counted = reader?.timeline.counts("sessions.dig", windows);
    const told = (what: string, value: number | null | undefined) => {
      found.push({ what: `${design}: ${what}`, value: value ?? null, limit: "-", reached: true });
    };
    told("p50, ms", figures?.p50);
    told("p99, ms", figures?.p99);
    told("p99.9, ms", figures?.p999);
    // What the design itself takes, and what players wait for their own earlier digs: the busiest dig
    // faster than such a network can acknowledge one.
    told("service p50, ms", of("service")?.p50);
    told("service p99, ms", of("service")?.p99);
    told("blocked p99, ms", of("blocked")?.p99);
    told("acknowledged per second", (counted?.ok ?? 0) / (forS - 2));
    told("refused or without an answer in 5 s", (counted?.fail ?? 0) + (counted?.unknown ?? 0));
    for (const { id, violations } of summary.guarantees) {
      const isLoss = id === "nothing-acknowledged-is-lost";
      if (!isLoss && id !== "nothing-is-applied-twice") continue;
      // `naive` promises neither.
      if (design === "naive") told(id, violations);
      else found.push(atMost(`${design}: ${isLoss ? "accepted and lost" : id}`, violations, 0));
    }
  });
  return found;
});
printReadings(readings);
