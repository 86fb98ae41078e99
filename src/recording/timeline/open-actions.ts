/** The series `sessions.read.open@12`: how many reads of second 12 had no answer when that second was handed over. */

const pattern = /^(.+)\.open@(\d+)$/;

/** Undefined for any other series. */
export function openActions(series: string) {
  // Nearly all series are others, and a timeline has millions of their readings.
  if (!series.includes(".open@")) return undefined;
  const [, action, second] = pattern.exec(series) ?? [];
  return action === undefined ? undefined : { action, second: Number(second) };
}
