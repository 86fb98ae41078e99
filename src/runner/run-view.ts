/** What shows a person how a run goes while it goes on: plain lines, or something on the same terminal. */
import type { FaultDesk } from "../dashboard/faults/fault-desk.ts";
import type { RunFolder } from "../recording/run-folder.ts";

export interface LiveRun {
  readonly folder: RunFolder;
  /** Puts a note on the timeline; nothing when the recording is closed. */
  readonly note: (text: string) => void;
  /** Breaks and heals by hand, from the load's begin to its end. */
  readonly faults: FaultDesk;
}

export interface RunView {
  /**
   * @param text Without its line end.
   * @param where `timeline`: what it says is on the timeline of the recording, too.
   */
  line(text: string, where?: "timeline"): void;
  /** The backend is up and its load is about to begin: from now on the recording tells what happens. */
  recording(run: LiveRun): void;
  /** Processes that do nothing but show; what they cost is recorded beside the nodes. */
  processes(): readonly { readonly nodeId: string; readonly pid: number }[];
  /** The run is over. Resolves when lines can be printed again; never rejects. Idempotent. */
  over(): Promise<void>;
  /** Calls the listener whenever the operator asks for a stop, as Ctrl-C does; until it is removed. */
  onStop(listener: () => void): () => void;
}

export function plainView(stream: { write(text: string): void }): RunView {
  return {
    line: (text) => stream.write(`${text}\n`),
    recording: () => {},
    processes: () => [],
    over: async () => {},
    onStop: () => () => {},
  };
}
