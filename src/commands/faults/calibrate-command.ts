/** `hunt calibrate` with its flags and examples. */
import { examples, type Registration } from "../registration.ts";
import type { CalibrateFlags } from "./calibrate.ts";

export function registerCalibrate({ program, environment, setExitCode }: Registration): void {
  program
    .command("calibrate")
    .summary("compare modelled loss with the kernel's, on this machine")
    .description(
      "Sends the same messages over links with modelled and with real loss, and says how well they agree. Ends with 0 when that could be told, whatever the answer, with 4 when not, with 3 where the kernel can't be told to drop.",
    )
    .addHelpText("before", examples(["hunt calibrate", "hunt calibrate --for 60s --json"]))
    .option("--for <time>", "how long it sends, 2s to 60s (default 30s)")
    .option("--json", "one JSON document on stdout")
    .action(async (flags: CalibrateFlags) => {
      const { calibrateCommand } = await import("./calibrate.ts");
      setExitCode(await calibrateCommand(environment, flags));
    });
}
