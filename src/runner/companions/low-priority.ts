/** hunt's own priority, while others play. */
import type { Companion } from "../../lanes/companion.ts";
import { lowerPriority } from "../machine/lower-priority.ts";
import type { RunContext } from "../run-context.ts";

export function lowPriority({ dependencies }: RunContext): Companion {
  let restore = () => {};
  const stop = () => restore();
  return {
    start: () => {
      restore = lowerPriority(dependencies.huntPid);
    },
    drain: stop,
    stop,
  };
}
