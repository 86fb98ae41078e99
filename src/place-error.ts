/** What the system says of a place that can't be written is no bug in hunt. */
import { exitCodes } from "./exit-codes.ts";
import { HuntError } from "./hunt-error.ts";

/** It shows itself wherever hunt writes. Undefined for every other error. */
export function placeError(error: unknown): HuntError | undefined {
  if (!(error instanceof Error) || error instanceof HuntError || !("code" in error)) {
    return undefined;
  }
  const { code, message } = error;
  if (code !== "ENOSPC" && code !== "EDQUOT" && code !== "EROFS") return undefined;
  return new HuntError({
    code: "environment.not-writable",
    message: `could not write: ${message}`,
    exitCode: exitCodes.environment,
    hint: "Make room on that disk, or choose another place (--reports, TMPDIR), then run the same command again.",
    cause: error,
  });
}
