/** asciichart 1.5.25 brings no types of its own; this is what is used of it. */
declare module "asciichart" {
  interface PlotOptions {
    readonly min: number;
    readonly max: number;
    /** Columns before the first value's. */
    readonly offset: number;
    readonly height: number;
    /** Axis crossing and axis, ends of a line to the right and left, flat, corners, vertical. */
    readonly symbols: readonly string[];
    readonly format: (value: number, row: number) => string;
  }
  export function plot(values: readonly number[], options: PlotOptions): string;
}
