/** A backend that stays as text: its nodes as a table, and commands that work as printed. */
import { nameFlag } from "../../runtime/local/kept-backends.ts";
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

export interface NextCommands {
  /** Path of hunt's own. */
  readonly etcdctl: string;
  /** One that exists, where there is one. */
  readonly session: string | undefined;
}

export function nextCommands(
  backend: AttachedBackend,
  nodes: readonly NodeDescription[],
  { etcdctl, session }: NextCommands,
): string {
  const flag = nameFlag(backend.name);
  const member = nodes.find((node) => node.kind === "etcd");
  const gateway = nodes.find((node) => node.kind === "gateway");
  const proxy = nodes.find((node) => node.kind === "proxy");
  const linkProxy = nodes.find((node) => node.kind === "toxiproxy");
  const endpoints = nodes.flatMap((node) =>
    node.kind === "etcd" && node.state !== "dead" ? (node.addresses["client"] ?? []) : [],
  );
  const lines = [
    endpoints.length > 0 &&
      `${etcdctl} --endpoints ${endpoints.join(",")} endpoint status --write-out table`,
    member && `hunt exec${flag} ${member.id} -- etcdctl get --prefix /hunt --keys-only --limit 20`,
    gateway && `curl -s http://${gateway.addresses["admin"]}/metrics`,
    proxy && `curl -s http://${proxy.addresses["http"]}/healthz`,
    proxy && session && `curl -s http://${proxy.addresses["http"]}/v1/sessions/${session}/state`,
    linkProxy && `curl -s http://${linkProxy.addresses["api"]}/proxies`,
    member && `hunt logs${flag} ${member.id} --follow`,
    member && `hunt node kill${flag} ${member.id}`,
    `hunt down${flag}`,
  ];
  const shown = lines.flatMap((line) => (typeof line === "string" ? [`  ${line}\n`] : []));
  return `\nNext:\n${shown.join("")}`;
}

function uptime(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
