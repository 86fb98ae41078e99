import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type DeviceShares, hasTwoDevices, isAudited } from "./devices.ts";

const vectors = JSON.parse(
  readFileSync(new URL("../../../test/fixtures/devices.json", import.meta.url), "utf8"),
) as DeviceShares & {
  readonly players: readonly { player: number; twoDevices: boolean; audited: boolean }[];
};

test("who has two devices and who is audited is what the swarm says", () => {
  expect(vectors.players.length).toBeGreaterThan(10);
  for (const { player, twoDevices, audited } of vectors.players) {
    expect({
      player,
      twoDevices: hasTwoDevices(vectors, player),
      audited: isAudited(vectors, player),
    }).toEqual({ player, twoDevices, audited });
  }
});

test("a share of 0 leaves everybody out, and one of 1 nobody", () => {
  for (let player = 0; player < 100; player += 1) {
    expect(hasTwoDevices({ twoDeviceShare: 0, auditedShare: 1 }, player)).toBe(false);
    expect(hasTwoDevices({ twoDeviceShare: 1, auditedShare: 0 }, player)).toBe(true);
    expect(isAudited({ twoDeviceShare: 0, auditedShare: 1 }, player)).toBe(true);
    expect(isAudited({ twoDeviceShare: 1, auditedShare: 0 }, player)).toBe(false);
  }
});
