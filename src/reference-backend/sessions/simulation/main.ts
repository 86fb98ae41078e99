import { simulate } from "./simulate.ts";

const [from = "1", count = "1", trace] = process.argv.slice(2);
const t0 = performance.now();
const cov: Record<string, number> = {};
let fails = 0;
for (let s = Number(from); s < Number(from) + Number(count); s++) {
  const r = simulate(s, { tellsStory: trace !== undefined });
  for (const [k, v] of Object.entries(r.coverage)) cov[k] = (cov[k] ?? 0) + (v as number);
  if (trace) console.log(r.story.slice(-Number(trace)).join("\n"));
  if (r.failure) {
    fails++;
    if (fails < 12) console.log(s, r.failure.message.slice(0, 1000));
  }
}
console.log(fails, "failed", ((performance.now() - t0) / Number(count)).toFixed(2), "ms/seed");
console.log(JSON.stringify(cov));
