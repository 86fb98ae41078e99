/**
 * The state of one dig session: one array of 32-bit words, under 500 bytes, since a proxy holds tens
 * of thousands. Applying is total and order-independent where it can be: it removes nothing and
 * refuses nothing, so an operation that stands in the log twice shows as counted twice.
 */
import { GATEWAY_DEVICE, OPERATION_KINDS, type Operation } from "../gateway/session-writer.ts";
import { operationDigest } from "./operation-digest.ts";

export const BOARD_TILES = 256;
export const DEVICES_MAX = 8;
export const ITEM_KINDS = 16;
export const RECENT_MAX = 8;

/** Where things stand in `words`. */
export const LAYOUT = {
  revision: 0,
  seed: 1,
  closed: 2,
  /** Per device: number (0: free), highest sequence, count, digest sum. */
  devices: 3,
  /** One bit per tile. */
  dug: 3 + DEVICES_MAX * 4,
  revealed: 3 + DEVICES_MAX * 4 + BOARD_TILES / 32,
  /** Amount per item kind. */
  items: 3 + DEVICES_MAX * 4 + (2 * BOARD_TILES) / 32,
  /** The latest operations, a ring by revision: device, sequence, kind, three fields. */
  recent: 3 + DEVICES_MAX * 4 + (2 * BOARD_TILES) / 32 + ITEM_KINDS,
} as const;

export const STATE_WORDS = LAYOUT.recent + RECENT_MAX * 6;

export interface SessionState {
  readonly session: string;
  readonly words: Uint32Array;
}

/** Before any operation: revision 0. */
export function initialState(session: string, seed: number): SessionState {
  const words = new Uint32Array(STATE_WORDS);
  words[LAYOUT.seed] = seed;
  return { session, words };
}

export function revisionOf(state: SessionState): number {
  return state.words[LAYOUT.revision] ?? 0;
}

/** @throws RangeError for a ninth device or an unknown kind; the state is as before then. */
export function applyOperation(state: SessionState, operation: Operation): void {
  const { words } = state;
  // A gateway's closing is counted by the revision alone: it is no device's.
  if (operation.device !== GATEWAY_DEVICE) countForDevice(words, operation);
  const { field1, field2, field3 } = operation;
  switch (operation.kind) {
    case OPERATION_KINDS.sessionOpened:
      words[LAYOUT.seed] = field1;
      break;
    case OPERATION_KINDS.digStarted:
      setBit(words, LAYOUT.dug, field1);
      break;
    case OPERATION_KINDS.tilesRevealed:
      for (let i = 0; i < 32; i++) {
        if ((field2 >>> i) & 1) setBit(words, LAYOUT.revealed, field1 + i);
      }
      break;
    case OPERATION_KINDS.lootClaimed:
      add(words, LAYOUT.items + (field2 % ITEM_KINDS), field3);
      break;
    case OPERATION_KINDS.sessionClosed:
      words[LAYOUT.closed] = 1;
      break;
  }
  const revision = (words[LAYOUT.revision] ?? 0) + 1;
  words[LAYOUT.revision] = revision;
  const at = LAYOUT.recent + ((revision - 1) % RECENT_MAX) * 6;
  words.set([operation.device, operation.sequence, operation.kind, field1, field2, field3], at);
}

function countForDevice(words: Uint32Array, operation: Operation): void {
  for (let i = 0; i < DEVICES_MAX; i++) {
    const at = LAYOUT.devices + i * 4;
    const device = words[at];
    if (device !== 0 && device !== operation.device) continue;
    words[at] = operation.device;
    words[at + 1] = Math.max(words[at + 1] ?? 0, operation.sequence);
    add(words, at + 2, 1);
    add(words, at + 3, operationDigest(operation));
    return;
  }
  throw new RangeError(`device ${operation.device} is one more than ${DEVICES_MAX}`);
}

function setBit(words: Uint32Array, base: number, tile: number): void {
  const place = tile % BOARD_TILES;
  const at = base + (place >>> 5);
  words[at] = (words[at] ?? 0) | (1 << (place & 31));
}

/** Wraps at 32 bits, as the checksum does. */
function add(words: Uint32Array, at: number, value: number): void {
  words[at] = (words[at] ?? 0) + value;
}
