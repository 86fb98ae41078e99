/** Violations of one guarantee, with the first one as a story. */
export class Violations {
  count = 0;
  example: string | undefined;
  /** Where the example stands, among those of the same kind. */
  position = 0;

  add(count: number, story: () => string, position = 0): void {
    if (count <= 0) return;
    this.count += count;
    if (this.example !== undefined) return;
    this.example = story();
    this.position = position;
  }
}

/** Of one kind, found apart from each other: the example is the one that stands before all others. */
export function earliest(parts: readonly Violations[]): Violations {
  return joined(parts.toSorted((left, right) => left.position - right.position));
}

/** Of one guarantee that can be broken in several ways; the first example of the first one that was. */
export function joined(parts: readonly Violations[]): Violations {
  const all = new Violations();
  for (const { count, example = "", position } of parts) all.add(count, () => example, position);
  return all;
}
