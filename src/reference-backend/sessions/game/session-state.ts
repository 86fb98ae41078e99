/**
 * The state of one dig session: one array of 32-bit words, under 500 bytes, since a proxy holds tens
 * of thousands. Applying is total and order-independent where it can be: it removes nothing and
 * refuses nothing, so an operation that stands in the log twice shows as counted twice.
 */
import { gatewayDevice, type Operation, operationKinds } from "../gateway/session-writer.ts";
import { operationDigest } from "./operation-digest.ts";

export const boardTiles = 256;
export const devicesMax = 8;
export const itemKinds = 16;
export const recentMax = 8;

/** Where things stand in `words`. */
export const layout = {
  revision: 0,
  seed: 1,
  closed: 2,
  /** Per device: number (0: free), highest sequence, count, digest sum. */
  devices: 3,
  /** One bit per tile. */
  dug: 3 + devicesMax * 4,
  revealed: 3 + devicesMax * 4 + boardTiles / 32,
  /** Amount per item kind. */
  items: 3 + devicesMax * 4 + (2 * boardTiles) / 32,
  /** The latest operations, a ring by revision: device, sequence, kind, three fields. */
  recent: 3 + devicesMax * 4 + (2 * boardTiles) / 32 + itemKinds,
} as const;

export const stateWords = layout.recent + recentMax * 6;

export interface SessionState {
  readonly session: string;
  readonly words: Uint32Array;
}

/** Before any operation: revision 0. */
export function initialState(session: string, seed: number): SessionState {
  const words = new Uint32Array(stateWords);
  words[layout.seed] = seed;
  return { session, words };
}

export function revisionOf(state: SessionState): number {
  return state.words[layout.revision] ?? 0;
}

/** @throws RangeError for a ninth device or an unknown kind; the state is as before then. */
export function applyOperation(state: SessionState, operation: Operation): void {
  const { words } = state;
  // A gateway's closing is counted by the revision alone: it is no device's.
  if (operation.device !== gatewayDevice) countForDevice(words, operation);
  const { field1, field2, field3 } = operation;
  switch (operation.kind) {
    case operationKinds.sessionOpened:
      words[layout.seed] = field1;
      break;
    case operationKinds.digStarted:
      setBit(words, layout.dug, field1);
      break;
    case operationKinds.tilesRevealed:
      for (let i = 0; i < 32; i += 1) {
        if ((field2 >>> i) & 1) setBit(words, layout.revealed, field1 + i);
      }
      break;
    case operationKinds.lootClaimed:
      add(words, layout.items + (field2 % itemKinds), field3);
      break;
    case operationKinds.sessionClosed:
      words[layout.closed] = 1;
      break;
  }
  const revision = (words[layout.revision] ?? 0) + 1;
  words[layout.revision] = revision;
  const at = layout.recent + ((revision - 1) % recentMax) * 6;
  words.set([operation.device, operation.sequence, operation.kind, field1, field2, field3], at);
}

function countForDevice(words: Uint32Array, operation: Operation): void {
  for (let i = 0; i < devicesMax; i += 1) {
    const at = layout.devices + i * 4;
    const device = words[at];
    if (device !== 0 && device !== operation.device) continue;
    words[at] = operation.device;
    words[at + 1] = Math.max(words[at + 1] ?? 0, operation.sequence);
    add(words, at + 2, 1);
    add(words, at + 3, operationDigest(operation));
    return;
  }
  throw new RangeError(`device ${operation.device} is one more than ${devicesMax}`);
}

function setBit(words: Uint32Array, base: number, tile: number): void {
  const place = tile % boardTiles;
  const at = base + (place >>> 5);
  words[at] = (words[at] ?? 0) | (1 << (place & 31));
}

/** Wraps at 32 bits, as the checksum does. */
function add(words: Uint32Array, at: number, value: number): void {
  words[at] = (words[at] ?? 0) + value;
}
