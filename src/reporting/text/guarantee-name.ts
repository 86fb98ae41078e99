/** How a report names a guarantee: two lanes may have one of the same id. */
import type { GuaranteeResult, Summary } from "../../verdict/summary-document.ts";

/** `nothing-is-applied-twice`; with several lanes `sessions/nothing-is-applied-twice`. */
export function guaranteeName(
  { lanes }: Pick<Summary, "lanes">,
  { lane, id }: Pick<GuaranteeResult, "lane" | "id">,
): string {
  return Object.keys(lanes).length > 1 ? `${lane}/${id}` : id;
}
