/** Text that has to fit; where it does not, two points say that there is more of it (zoomed, or in the log). */

export function shortened(text: string, room: number): string {
  if (text.length <= room) return text;
  return room < 3 ? "" : `${text.slice(0, room - 2).trimEnd()}..`;
}

/** The first of the parts, as many as fit, and how many more there are. */
export function firstOf(parts: readonly string[], room: number): string {
  for (let count = parts.length; count > 0; count -= 1) {
    const more = parts.length - count;
    const text = parts.slice(0, count).join("; ") + (more === 0 ? "" : `; +${more} more`);
    if (text.length <= room) return text;
  }
  const [first = ""] = parts;
  const more = parts.length > 1 ? ` +${parts.length - 1} more` : "";
  return shortened(first, room - more.length) + more;
}
