/**
 * The state as the read path returns it: 3-4 KB of JSON whatever the session has done. The terrain
 * of the board follows from the seed; `scenery` fills up to the size that the game's clients expect.
 */
import { Buffer } from "node:buffer";
import { FNV_OFFSET, fnv1aWord } from "./fnv1a.ts";
import {
  BOARD_TILES,
  DEVICES_MAX,
  ITEM_KINDS,
  initialState,
  LAYOUT,
  RECENT_MAX,
  type SessionState,
} from "./session-state.ts";

/** What a document is filled up to; the largest ones are longer, and below 4 KB. */
const FILLED_BYTES = 3400;
const TILE_WORDS = BOARD_TILES / 32;

interface DeviceJson {
  highest: number;
  count: number;
  checksum: number;
}

interface StateJson {
  session: string;
  revision: number;
  seed: number;
  closed: boolean;
  devices: Record<string, DeviceJson>;
  board: { width: number; terrain: string; dug: string; revealed: string };
  inventory: number[];
  /** Oldest first: device, sequence, kind, fields. */
  recent: number[][];
}

export function stateToJson({ session, words }: SessionState): Buffer {
  const seed = words[LAYOUT.seed] ?? 0;
  const revision = words[LAYOUT.revision] ?? 0;
  const json: StateJson = {
    session,
    revision,
    seed,
    closed: words[LAYOUT.closed] === 1,
    devices: devicesToJson(words),
    board: {
      width: 16,
      terrain: noise(seed, BOARD_TILES).toString("base64"),
      dug: bitsToHex(words, LAYOUT.dug),
      revealed: bitsToHex(words, LAYOUT.revealed),
    },
    inventory: [...words.subarray(LAYOUT.items, LAYOUT.items + ITEM_KINDS)],
    recent: recentToJson(words, revision),
  };
  const text = JSON.stringify(json);
  const missing = Math.max(0, FILLED_BYTES - Buffer.byteLength(text));
  const scenery = noise(~seed, Math.ceil(missing / 4))
    .toString("base64")
    .slice(0, missing);
  return Buffer.from(`${text.slice(0, -1)},"scenery":"${scenery}"}`);
}

/** @throws Error when the bytes are not what `stateToJson` makes. */
export function stateFromJson(bytes: Uint8Array): SessionState {
  const json = JSON.parse(Buffer.from(bytes).toString("utf8")) as StateJson;
  const state = initialState(json.session, json.seed);
  const { words } = state;
  words[LAYOUT.revision] = json.revision;
  words[LAYOUT.closed] = json.closed ? 1 : 0;
  const devices = Object.entries(json.devices);
  if (devices.length > DEVICES_MAX) throw new RangeError(`${devices.length} devices`);
  devices.forEach(([device, { highest, count, checksum }], i) => {
    words.set([Number(device), highest, count, checksum], LAYOUT.devices + i * 4);
  });
  hexToBits(words, LAYOUT.dug, json.board.dug);
  hexToBits(words, LAYOUT.revealed, json.board.revealed);
  words.set(json.inventory, LAYOUT.items);
  const oldest = json.revision - json.recent.length;
  json.recent.forEach((operation, i) => {
    words.set(operation, LAYOUT.recent + ((oldest + i) % RECENT_MAX) * 6);
  });
  return state;
}

function devicesToJson(words: Uint32Array): Record<string, DeviceJson> {
  const devices: Record<string, DeviceJson> = {};
  for (let i = 0; i < DEVICES_MAX; i++) {
    const at = LAYOUT.devices + i * 4;
    const device = words[at] ?? 0;
    if (device === 0) break;
    devices[device] = {
      highest: words[at + 1] ?? 0,
      count: words[at + 2] ?? 0,
      checksum: words[at + 3] ?? 0,
    };
  }
  return devices;
}

function recentToJson(words: Uint32Array, revision: number): number[][] {
  const recent: number[][] = [];
  for (let r = Math.max(0, revision - RECENT_MAX); r < revision; r++) {
    const at = LAYOUT.recent + (r % RECENT_MAX) * 6;
    recent.push([...words.subarray(at, at + 6)]);
  }
  return recent;
}

function bitsToHex(words: Uint32Array, base: number): string {
  let hex = "";
  for (let i = 0; i < TILE_WORDS; i++) {
    hex += (words[base + i] ?? 0).toString(16).padStart(8, "0");
  }
  return hex;
}

function hexToBits(words: Uint32Array, base: number, hex: string): void {
  for (let i = 0; i < TILE_WORDS; i++) {
    words[base + i] = Number.parseInt(hex.slice(i * 8, i * 8 + 8), 16);
  }
}

/** `count` words that follow from `seed`; in base64 a word is between 5 and 6 characters. */
function noise(seed: number, count: number): Buffer {
  const bytes = Buffer.allocUnsafe(count * 4);
  const start = fnv1aWord(FNV_OFFSET, seed);
  for (let i = 0; i < count; i++) {
    let word = Math.imul(start ^ i, 0x9e3779b1);
    word = Math.imul(word ^ (word >>> 15), 0x85ebca6b);
    bytes.writeInt32LE((word ^ (word >>> 13)) | 0, i * 4);
  }
  return bytes;
}
