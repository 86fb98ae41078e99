/**
 * Runs several pieces of a set-up at once. The first failure aborts the others; it is thrown when all
 * have ended, so that nobody is still writing when the lock is given back.
 * @template T
 * @param {AbortController} controller
 * @param {Promise<T>[]} works
 * @returns {Promise<T[]>}
 */
export async function together(controller, works) {
  const guarded = works.map((work) =>
    work.catch((error) => {
      controller.abort(error);
    }),
  );
  const results = await Promise.all(guarded);
  controller.signal.throwIfAborted();
  return results;
}
