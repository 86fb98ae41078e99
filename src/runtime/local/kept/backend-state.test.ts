import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../../test/fixtures/temporary-folder.ts";
import { identityOf } from "../keeper/process-identity.ts";
import { holderOfOtherVersion, placeOf, readState, writeState } from "./backend-state.ts";

async function stateWith(document: (owner: object) => object) {
  const place = placeOf(temporaryFolder(), "blue");
  mkdirSync(place.dir);
  const owner = await identityOf(process.pid);
  writeFileSync(join(place.dir, "state.json"), JSON.stringify(document(owner)));
  return { place, owner };
}

test("what another version wrote is said to be of that version, and its living keeper is found", async () => {
  const { place, owner } = await stateWith((each) => ({ schemaVersion: 1, owner: each }));
  expect(await readState(place)).toEqual({
    damaged: expect.stringMatching(/^it is of version 1, .* use the hunt that started it$/),
  });
  expect(await holderOfOtherVersion(place)).toEqual(owner);
});

test("a keeper of another version that is dead holds nothing", async () => {
  const { place } = await stateWith((owner) => ({
    schemaVersion: 1,
    owner: { ...owner, startTicks: 1 },
  }));
  expect(await holderOfOtherVersion(place)).toBeUndefined();
});

test("a state is read as it was written: lanes, clusters, who owns a node, and the network of a link", async () => {
  const place = placeOf(temporaryFolder(), "blue");
  mkdirSync(place.dir);
  const network = "mobile-4g" as const;
  const state = {
    schemaVersion: 2 as const,
    ...{ name: "blue", runId: "up-blue", state: "up" as const, startedBy: "up" as const },
    owner: await identityOf(process.pid),
    createdAt: "2026-12-01T00:00:00.000Z",
    topology: {
      lanes: [{ id: "sessions", design: "log" }],
      stages: [
        [
          { id: "toxiproxy/1", kind: "toxiproxy", zone: "a", ports: ["api"], settings: {} },
          {
            ...{ id: "gateway/1", kind: "gateway", lane: "sessions", owned: "service" as const },
            ...{ zone: "a", ports: ["grpc"], settings: { gateways: 2 } },
          },
        ],
      ],
      links: [
        {
          id: "player/mobile-4g->gateway/1:grpc",
          from: "player/mobile-4g",
          to: "gateway/1",
          port: "grpc",
          network,
        },
      ],
      clusters: [{ name: "etcd", kind: "etcd", roles: ["leader", "follower"] }],
    },
    ...{ ports: { "gateway/1:grpc": 1234 }, dataRoot: "/tmp/hunt-up-blue", logsDir: "/tmp/logs" },
  };
  await writeState(place, state);
  expect(await readState(place)).toEqual(state);
  expect(await holderOfOtherVersion(place)).toBeUndefined();
});
