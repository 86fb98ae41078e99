/** `hunt scenarios`: what can be run, and which lanes each plays. */
import type { Environment } from "../../environment.ts";
import { scenarios } from "../../scenarios/scenarios.ts";
import { plainTable } from "./plain-table.ts";

export function scenariosCommand(environment: Environment, flags: { json?: boolean }): void {
  if (flags.json === true) {
    environment.stdout.write(`${JSON.stringify({ schemaVersion: 2, scenarios }, null, 2)}\n`);
    return;
  }
  const rows = scenarios.map(({ name, lanes, description }) => [
    name,
    Object.keys(lanes).join(", "),
    description,
  ]);
  environment.stdout.write(plainTable(["SCENARIO", "LANES", "WHAT"], rows));
  environment.stdout.write("\nNext: hunt bench --scenario NAME\n");
}
