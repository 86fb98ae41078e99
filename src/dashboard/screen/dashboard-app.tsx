/**
 * The Ink side: keys, the size of the terminal, and when to draw. What is drawn is one text as large as the
 * screen, by pure functions elsewhere, and goes past Ink's own output (`frame-writer.ts`).
 */
import { type Key as InkKey, useInput, usePaste, useStdin, useStdout, useWindowSize } from "ink";
import { useLayoutEffect, useState, useSyncExternalStore } from "react";
import { FrameWriter } from "./frame-writer.ts";
import { keysIn } from "./keys-in.ts";
import type { Key } from "./view-state.ts";

/** In one piece, as the terminal says. */
export interface Pasted {
  readonly kind: "paste";
  readonly text: string;
}

export interface Screen {
  /** Lines for a terminal of this size. */
  draw(columns: number, rows: number): readonly string[];
  press(key: Key | Pasted): void;
  /** Changes whenever the screen should be drawn again. */
  version(): number;
  subscribe(listener: () => void): () => void;
}

export function DashboardApp({ screen }: { readonly screen: Screen }) {
  const version = useSyncExternalStore(screen.subscribe, screen.version);
  const { columns, rows } = useWindowSize();
  const { stdout } = useStdout();
  const [writer] = useState(() => new FrameWriter(stdout));
  const { isRawModeSupported } = useStdin();
  const isActive = isRawModeSupported;
  useInput(
    (input, key) => {
      for (const each of keysOf(input, key)) screen.press(each);
    },
    { isActive },
  );
  usePaste((text) => screen.press({ kind: "paste", text }), { isActive });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new version is what asks for a new frame
  useLayoutEffect(() => {
    writer.show(screen.draw(columns, rows), { columns, rows });
  }, [version, columns, rows, writer, screen]);
  return null;
}

/** What Ink calls one input, as the keys that were pressed. */
function keysOf(input: string, key: InkKey): readonly Key[] {
  if (key.leftArrow) return [{ kind: "left" }];
  if (key.rightArrow) return [{ kind: "right" }];
  if (key.upArrow) return [{ kind: "up" }];
  if (key.downArrow) return [{ kind: "down" }];
  if (key.escape) return [{ kind: "escape" }];
  if (key.ctrl) return input === "c" ? [{ kind: "interrupt" }] : [];
  // Nothing here is on Alt: an Escape and the key behind it came in one piece.
  return key.meta ? [{ kind: "escape" }, ...behindEscape(input, key)] : behindEscape(input, key);
}

function behindEscape(input: string, key: InkKey): readonly Key[] {
  if (key.tab) return [{ kind: "tab", back: key.shift }];
  if (key.return) return [{ kind: "enter" }];
  if (key.backspace || key.delete) return [{ kind: "backspace" }];
  return keysIn(input);
}
