/**
 * OSC 52: the terminal puts text on the operator's clipboard, over ssh too. Terminals that don't know it, or
 * are told not to, ignore it; nobody answers, so nothing can be said about success.
 */
import { Buffer } from "node:buffer";

/** What many terminals take at most, in base64. */
const bytesMax = 74_000;

/** @param insideTmux tmux hands it on to its own terminal only when it is wrapped (`allow-passthrough`). */
export function copySequence(text: string, insideTmux: boolean): string {
  const content = Buffer.from(text).subarray(0, bytesMax).toString("base64");
  const plain = `\u001b]52;c;${content}\u0007`;
  if (!insideTmux) return plain;
  return `${plain}\u001bPtmux;${plain.replaceAll("\u001b", "\u001b\u001b")}\u001b\\`;
}
