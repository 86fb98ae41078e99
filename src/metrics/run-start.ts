/** The moment of run second 0. */
export interface RunStart {
  /** By the clock that the axis is made of (`Clock.monotonicMs`); a whole second. */
  readonly monotonicMs: number;
  /** What the wall clock showed then, in milliseconds since 1970: for people, and for heads of files. */
  readonly unixMs: number;
}
