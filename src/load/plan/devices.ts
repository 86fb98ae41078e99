/**
 * Who has two devices, and whose reads are audited. It follows from a player's index alone, so that every
 * program that plays or checks a plan agrees about it; native/k6/sessions/sessionplan/devices.go decides the same, and both
 * are held to `test/fixtures/devices.json`.
 */
import type { LoadPlan } from "./load-plan.ts";

export type DeviceShares = Required<Pick<LoadPlan, "twoDeviceShare" | "auditedShare">>;

const circle = 2 ** 32;

/** Spreads indexes evenly over 32 bits (Fibonacci hashing). */
function scattered(player: number): number {
  return Math.imul(player, 2_654_435_769) >>> 0;
}

export function hasTwoDevices({ twoDeviceShare }: DeviceShares, player: number): boolean {
  return scattered(player) < twoDeviceShare * circle;
}

/** Whether a player's reads are in the ledger. */
export function isAudited(shares: DeviceShares, player: number): boolean {
  const { auditedShare } = shares;
  if (auditedShare === 0) return false;
  return hasTwoDevices(shares, player) || scattered(player) >= (1 - auditedShare) * circle;
}
