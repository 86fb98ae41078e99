/** Takes the terminal over until the returned screen is closed. The only place that loads Ink and React. */
import { render } from "ink";
import { DashboardApp, type Screen } from "./dashboard-app.tsx";

export interface Terminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
}

export interface OpenScreen {
  /** Restores screen, cursor and raw mode. May be called twice. */
  close(): Promise<void>;
  /** Rejects when drawing failed; the terminal is restored by then. */
  readonly closed: Promise<unknown>;
}

export function openDashboard({ stdin, stdout }: Terminal, screen: Screen): OpenScreen {
  const instance = render(<DashboardApp screen={screen} />, {
    stdin,
    stdout,
    alternateScreen: true,
    exitOnCtrlC: false,
    patchConsole: false,
    // A resize and a key are drawn at once; data comes twice a second.
    maxFps: 10,
    interactive: true,
  });
  const closed = instance.waitUntilExit();
  return {
    closed,
    close: async () => {
      instance.unmount();
      await closed.catch(() => {});
    },
  };
}
