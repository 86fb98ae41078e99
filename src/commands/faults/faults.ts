/** `hunt faults`: what can be broken here, and what can't and why. */
import type { Environment } from "../../environment.ts";
import { faultKinds } from "../../faults/faults.ts";
import { plainTable } from "../lists/plain-table.ts";

export function faultsCommand(environment: Environment, flags: { readonly json?: boolean }): void {
  const faults = faultKinds.map((kind) => ({
    name: kind.name,
    description: kind.description,
    undo: kind.undo,
    targets: kind.nodeKinds,
    lasts: kind.lasts,
    ...kind.available("local"),
  }));
  if (flags.json === true) {
    environment.stdout.write(
      `${JSON.stringify({ schemaVersion: 1, runtime: "local", faults }, null, 2)}\n`,
    );
    return;
  }
  const rows = faults.map(({ name, description, targets, ...state }) => [
    name,
    state.available ? "yes" : "no",
    targets.join(", "),
    state.available ? description : `not available here: ${state.why}`,
  ]);
  environment.stdout.write(
    `${plainTable(["FAULT", "HERE", "TARGETS", ""], rows)}
Targets: a node (gateway/1), etcd/leader, etcd/follower, a zone (zone:b), links (link:player->gateway).

Next: hunt bench --fault 'kill etcd/leader at 20s for 5s'
`,
  );
}
