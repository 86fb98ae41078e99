/**
 * The state as the read path returns it: 3-4 KB of JSON whatever the session has done. The terrain
 * of the board follows from the seed; `scenery` fills up to the size that the game's clients expect.
 */
import { Buffer } from "node:buffer";
import { fnv1aWord, fnvOffset } from "./fnv1a.ts";
import {
  boardTiles,
  devicesMax,
  initialState,
  itemKinds,
  layout,
  recentMax,
  type SessionState,
} from "./session-state.ts";

/** What a document is filled up to; the largest ones are longer, and below 4 KB. */
const filledBytes = 3400;
const tileWords = boardTiles / 32;

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

/**
 * A `StateJson` in a buffer that shares its memory with no other. Put together as text, in two thirds of
 * the time that an object and `JSON.stringify` take.
 */
export function stateToJson({ session, words }: SessionState): Buffer {
  const seed = words[layout.seed] ?? 0;
  const revision = words[layout.revision] ?? 0;
  const facts = `"revision":${revision},"seed":${seed},"closed":${words[layout.closed] === 1}`;
  const terrain = noise(seed, boardTiles * 4);
  const dug = bitsToHex(words, layout.dug);
  const revealed = bitsToHex(words, layout.revealed);
  const board = `{"width":16,"terrain":"${terrain}","dug":"${dug}","revealed":"${revealed}"}`;
  const inventory = numbers(words, layout.items, itemKinds);
  const name = JSON.stringify(session);
  const text = `{"session":${name},${facts},"devices":${devices(words)},"board":${board},"inventory":${inventory},"recent":${recent(words, revision)}`;
  const otherBytes = Buffer.byteLength(text) - text.length;
  const missing = Math.max(0, filledBytes - text.length - otherBytes - 1);
  const scenery = noise(~seed, Math.ceil((missing * 3) / 4) + 2).slice(0, missing);
  const whole = `${text},"scenery":"${scenery}"}`;
  const bytes = Buffer.allocUnsafeSlow(whole.length + otherBytes);
  if (otherBytes === 0) bytes.write(whole, "latin1");
  else bytes.write(whole, "utf8");
  return bytes;
}

/** @throws Error when the bytes are not what `stateToJson` makes. */
export function stateFromJson(bytes: Uint8Array): SessionState {
  const json = JSON.parse(Buffer.from(bytes).toString("utf8")) as StateJson;
  const state = initialState(json.session, json.seed);
  const { words } = state;
  words[layout.revision] = json.revision;
  words[layout.closed] = json.closed ? 1 : 0;
  const devices = Object.entries(json.devices);
  if (devices.length > devicesMax) throw new RangeError(`${devices.length} devices`);
  devices.forEach(([device, { highest, count, checksum }], i) => {
    words.set([Number(device), highest, count, checksum], layout.devices + i * 4);
  });
  hexToBits(words, layout.dug, json.board.dug);
  hexToBits(words, layout.revealed, json.board.revealed);
  words.set(json.inventory, layout.items);
  const oldest = json.revision - json.recent.length;
  json.recent.forEach((operation, i) => {
    words.set(operation, layout.recent + ((oldest + i) % recentMax) * 6);
  });
  return state;
}

/** In the order of their numbers, as the keys of an object are. */
function devices(words: Uint32Array): string {
  const known: { device: number; at: number }[] = [];
  for (let i = 0; i < devicesMax; i += 1) {
    const at = layout.devices + i * 4;
    const device = words[at] ?? 0;
    if (device === 0) break;
    known.push({ device, at });
  }
  known.sort((a, b) => a.device - b.device);
  let json = "";
  for (const { device, at } of known) {
    const counts = `"highest":${words[at + 1]},"count":${words[at + 2]},"checksum":${words[at + 3]}`;
    json += `${json === "" ? "" : ","}"${device}":{${counts}}`;
  }
  return `{${json}}`;
}

function recent(words: Uint32Array, revision: number): string {
  let json = "";
  for (let r = Math.max(0, revision - recentMax); r < revision; r += 1) {
    const operation = numbers(words, layout.recent + (r % recentMax) * 6, 6);
    json += json === "" ? operation : `,${operation}`;
  }
  return `[${json}]`;
}

function numbers(words: Uint32Array, from: number, count: number): string {
  let json = `[${words[from]}`;
  for (let i = from + 1; i < from + count; i += 1) json += `,${words[i]}`;
  return `${json}]`;
}

function bitsToHex(words: Uint32Array, base: number): string {
  let hex = "";
  for (let i = 0; i < tileWords; i += 1) {
    hex += (words[base + i] ?? 0).toString(16).padStart(8, "0");
  }
  return hex;
}

function hexToBits(words: Uint32Array, base: number, hex: string): void {
  for (let i = 0; i < tileWords; i += 1) {
    words[base + i] = Number.parseInt(hex.slice(i * 8, i * 8 + 8), 16);
  }
}

const noiseBytes = Buffer.allocUnsafeSlow(Math.max(boardTiles * 4, filledBytes) + 4);
const noiseView = new DataView(noiseBytes.buffer);

/** Base64 of `count` bytes that follow from `seed`. */
function noise(seed: number, count: number): string {
  const start = fnv1aWord(fnvOffset, seed);
  for (let i = 0; i * 4 < count; i += 1) {
    let word = Math.imul(start ^ i, 0x9e3779b1);
    word = Math.imul(word ^ (word >>> 15), 0x85ebca6b);
    noiseView.setInt32(i * 4, word ^ (word >>> 13), true);
  }
  return noiseBytes.toString("base64", 0, count);
}
