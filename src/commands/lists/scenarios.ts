/** `hunt scenarios`: what can be run. */
import type { Environment } from "../../environment.ts";
import { scenarios } from "../../scenarios/scenarios.ts";

export function scenariosCommand(environment: Environment, flags: { json?: boolean }): void {
  if (flags.json === true) {
    environment.stdout.write(`${JSON.stringify({ schemaVersion: 1, scenarios }, null, 2)}\n`);
    return;
  }
  const width = Math.max(...scenarios.map((scenario) => scenario.name.length));
  for (const scenario of scenarios) {
    environment.stdout.write(`${scenario.name.padEnd(width)}  ${scenario.description}\n`);
  }
  environment.stdout.write("\nNext: hunt bench --scenario NAME\n");
}
