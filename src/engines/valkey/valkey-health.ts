/** Whether a Valkey server serves, and what it is in its cluster. */
import type { EngineHealth } from "../engine-health.ts";
import { valkeyFacts, withValkey } from "./ask-valkey.ts";

export function valkeyHealth(address: string, signal: AbortSignal): Promise<EngineHealth> {
  return withValkey(address, signal, async (call) => {
    const info = valkeyFacts(await call("INFO"));
    const role = info.get("role") === "master" ? "master" : "replica";
    if (role === "replica" && info.get("master_link_status") !== "up") {
      return { healthy: false, role, detail: "its master does not answer it" };
    }
    if (info.get("cluster_enabled") !== "1") return { healthy: true, role, detail: "alone" };
    const cluster = valkeyFacts(await call("CLUSTER", "INFO"));
    const detail = `${cluster.get("cluster_slots_ok")} of 16384 slots are served`;
    return { healthy: cluster.get("cluster_state") === "ok", role, detail };
  });
}
