/**
 * The Ink side: keys, the size of the terminal, and when to draw. What is drawn is one text as large as the
 * screen, by pure functions elsewhere, and goes past Ink's own output (`frame-writer.ts`).
 */
import { useInput, useStdin, useStdout, useWindowSize } from "ink";
import { useLayoutEffect, useState, useSyncExternalStore } from "react";
import { FrameWriter } from "./frame-writer.ts";
import type { Key } from "./view-state.ts";

export interface Screen {
  /** Lines for a terminal of this size. */
  draw(columns: number, rows: number): readonly string[];
  press(key: Key): void;
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
  useInput(
    (input, key) => {
      if (key.ctrl && input === "c") screen.press({ kind: "interrupt" });
      else if (key.tab) screen.press({ kind: "tab", back: key.shift });
      else if (key.return) screen.press({ kind: "enter" });
      else if (key.escape) screen.press({ kind: "escape" });
      else if (key.backspace || key.delete) screen.press({ kind: "backspace" });
      else if (key.leftArrow) screen.press({ kind: "left" });
      else if (key.rightArrow) screen.press({ kind: "right" });
      else if (key.upArrow) screen.press({ kind: "up" });
      else if (key.downArrow) screen.press({ kind: "down" });
      else if (!key.ctrl && !key.meta) {
        // What is pasted comes as one input, line ends and all.
        const text = input.replaceAll(/\p{Cc}/gu, " ");
        if (text !== "") screen.press({ kind: "text", text });
      }
    },
    { isActive: isRawModeSupported },
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new version is what asks for a new frame
  useLayoutEffect(() => {
    writer.show(screen.draw(columns, rows), { columns, rows });
  }, [version, columns, rows, writer, screen]);
  return null;
}
