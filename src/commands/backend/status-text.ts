/** A backend that stays as text: its nodes as a table, and commands that work as printed. */
import { nameFlag } from "../../runtime/local/kept/kept-backends.ts";
import type { AttachedBackend } from "../../runtime/runtime.ts";
import { plainTable } from "../lists/plain-table.ts";
import type { NodeDescription } from "./describe-nodes.ts";

export function nodeTable(nodes: readonly NodeDescription[]): string {
  const rows = nodes.map((node) => [
    node.id,
    node.role ?? "-",
    node.zone,
    node.pid === null ? "-" : String(node.pid),
    node.state,
    node.health,
    String(node.restarts),
    node.uptimeS === null ? "-" : uptime(node.uptimeS),
    Object.entries(node.addresses)
      // The listeners of links are one each; --json has them.
      .filter(([port]) => !port.includes("->"))
      .map(([port, address]) => `${port}=${address}`)
      .join(" "),
  ]);
  const head = ["node", "role", "zone", "pid", "state", "health", "restarts", "up", "addresses"];
  return plainTable(head, rows);
}

/** What is wrong with each node that is not healthy. */
export function troubleLines(nodes: readonly NodeDescription[]): string {
  const lines = nodes
    .filter((node) => node.health !== "ok")
    .map((node) => `  ${node.id}: ${node.detail} (log: ${node.logPath})\n`);
  return lines.length === 0 ? "" : `\n${lines.join("")}`;
}

/**
 * @param ofLanes What the lanes say, as printed.
 * @param first A node to look at and to break.
 */
export function nextCommands(
  { name }: Pick<AttachedBackend, "name">,
  ofLanes: readonly string[],
  first: string | undefined,
): string {
  const flag = nameFlag(name);
  const lines = [
    ...ofLanes,
    ...(first === undefined
      ? []
      : [`hunt logs${flag} ${first} --follow`, `hunt node kill${flag} ${first}`]),
    `hunt down${flag}`,
  ];
  return `\nNext:\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

function uptime(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
