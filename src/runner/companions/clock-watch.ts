/** The machine's clocks, from run second 0 to the end. */
import type { Companion } from "../../lanes/companion.ts";
import { bootTimeMs } from "../../metrics/collect/sources/proc.ts";
import { clockEventText } from "../../recording/timeline/clock-events.ts";
import { ClockWatch } from "../machine/clock-watch.ts";
import type { RunContext } from "../run-context.ts";

export function clockWatch({ dependencies, recorder }: RunContext): Companion {
  const { clock, view } = dependencies;
  let watch: ClockWatch | undefined;
  return {
    begin: (startMs) => {
      watch = new ClockWatch({
        clocks: {
          wallMs: () => clock.nowMs(),
          monotonicMs: () => clock.monotonicMs(),
          bootMs: bootTimeMs,
        },
        startMs,
        tell: (event) => {
          recorder.sink.event(event);
          view.line(clockEventText(event), "timeline");
        },
      });
      watch.start();
    },
    stop: () => watch?.stop(),
  };
}
