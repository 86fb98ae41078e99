/**
 * What the person at the terminal sees: one line per step that was needed, when it has ended, with its
 * time, and a sign of life while long ones run. Nothing when nothing was needed.
 */

const signOfLifeMs = 30_000;

/** @param {(text: string) => void} write */
export function createReport(write) {
  let opening = "bringing this checkout up to date";
  const said = new Set();
  const running = new Set();
  const startedAt = performance.now();
  let steps = 0;
  let timer;

  const seconds = (fromMs) => `${((performance.now() - fromMs) / 1000).toFixed(1)} s`;
  const signOfLife = () => {
    write(
      `hunt:   ... ${Math.round((performance.now() - startedAt) / 1000)} s; not yet: ${[...running].join("; ")}\n`,
    );
  };

  return {
    /** Said before the first step, if one is needed. */
    open(text) {
      opening = text;
    },
    sayOnce(text) {
      if (said.has(text)) return;
      said.add(text);
      write(`hunt: ${text}\n`);
    },
    /**
     * @template T
     * @param {string} done what will have been done, as in "npm packages installed"
     * @param {() => Promise<T>} work
     * @returns {Promise<T>}
     */
    async step(done, work) {
      steps += 1;
      if (steps === 1) write(`hunt: ${opening}\n`);
      running.add(done);
      timer ??= setInterval(signOfLife, signOfLifeMs);
      const from = performance.now();
      try {
        const result = await work();
        write(`hunt:   ${done} (${seconds(from)})\n`);
        return result;
      } finally {
        running.delete(done);
      }
    },
    end() {
      clearInterval(timer);
      if (steps > 1) write(`hunt: set up in ${seconds(startedAt)}\n`);
    },
    abandon: () => clearInterval(timer),
  };
}
