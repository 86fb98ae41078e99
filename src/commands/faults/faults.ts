/** `hunt faults`: what can be broken here, and what can't and why. */
import type { Environment } from "../../environment.ts";
import type { FaultKind } from "../../faults/fault.ts";
import { generalFaultKinds } from "../../faults/faults.ts";
import { lanes } from "../../lanes/lanes.ts";
import { plainTable } from "../lists/plain-table.ts";

export function faultsCommand(environment: Environment, flags: { readonly json?: boolean }): void {
  const ofLanes = lanes.flatMap(({ id, faultKinds }) =>
    faultKinds.map((kind) => entryOf(kind, id)),
  );
  const faults = [...generalFaultKinds.map((kind) => entryOf(kind, null)), ...ofLanes];
  if (flags.json === true) {
    environment.stdout.write(
      `${JSON.stringify({ schemaVersion: 1, runtime: "local", faults }, null, 2)}\n`,
    );
    return;
  }
  const rows = faults.map(({ name, lane, description, targets, ...state }) => [
    name,
    lane ?? "any",
    state.available ? "yes" : "no",
    targets.join(", "),
    state.available ? description : `not available here: ${state.why}`,
  ]);
  environment.stdout.write(
    `${plainTable(["FAULT", "LANE", "HERE", "TARGETS", ""], rows)}
Targets: a node (gateway/1), etcd/leader, etcd/follower, a zone (zone:b), links (link:player->gateway).

Next: hunt bench --fault 'kill etcd/leader at 20s for 5s'
`,
  );
}

/** @param lane Whose nodes alone can suffer it; null: any. */
function entryOf(kind: FaultKind, lane: string | null) {
  const processes = lanes.flatMap(({ nodeKinds }) => Object.keys(nodeKinds));
  return {
    name: kind.name,
    lane,
    description: kind.description,
    undo: kind.undo,
    targets: kind.nodeKinds === "processes" ? [...new Set(processes)] : kind.nodeKinds,
    lasts: kind.lasts,
    ...kind.available("local"),
  };
}
