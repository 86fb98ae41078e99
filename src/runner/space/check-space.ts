/**
 * Needed and free space are compared before anything is started. A store whose disk fills up ends with a stack
 * trace, or leaves a run that could not be told. A quota of a user or a project can't be seen here.
 */
import { stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { exitCodes } from "../../exit-codes.ts";
import { HuntError } from "../../hunt-error.ts";
import type { SpacePart } from "../../lanes/lane-space.ts";

export interface SpacePlace {
  readonly folder: string;
  /** What names another folder. */
  readonly movedBy: string;
  readonly parts: readonly SpacePart[];
}

export interface FileSystem {
  /** Tells file systems apart. */
  readonly device: number;
  readonly freeBytes: number;
}

/** Of the folder, or of the nearest one above it that is there. Undefined when it can't be told. */
export async function fileSystemOf(folder: string): Promise<FileSystem | undefined> {
  try {
    const [{ dev }, { bavail, bsize }] = await Promise.all([stat(folder), statfs(folder)]);
    return { device: dev, freeBytes: bavail * bsize };
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    return missing && dirname(folder) !== folder ? fileSystemOf(dirname(folder)) : undefined;
  }
}

/**
 * @returns warnings: what is likely to be needed is not there.
 * @throws HuntError (exit code 3) when a file system has less than its folders are certain to need together.
 */
export async function checkSpace(places: readonly SpacePlace[]): Promise<readonly string[]> {
  const found = await Promise.all(
    places.map(async (place) => ({ place, on: await fileSystemOf(place.folder) })),
  );
  const byDevice = Map.groupBy(
    found.flatMap(({ place, on }) => (on === undefined ? [] : [{ place, on }])),
    ({ on }) => on.device,
  );
  return [...byDevice.values()].flatMap((alike) => {
    const free = Math.min(...alike.map(({ on }) => on.freeBytes));
    const on = alike.map(({ place }) => place);
    if (free < bytesOf(on, { certainOnly: true })) throw tooLittle(on, free);
    return free < bytesOf(on) ? [`warning: ${comparison(on, free)}. ${wayOut(on)}`] : [];
  });
}

export function megabytes(bytes: number): string {
  return bytes < 10e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.round(bytes / 1e6)} MB`;
}

function bytesOf(places: readonly SpacePlace[], { certainOnly = false } = {}): number {
  return places
    .flatMap(({ parts }) => parts)
    .filter(({ likely }) => !certainOnly || likely !== true)
    .reduce((sum, { bytes }) => sum + bytes, 0);
}

function comparison(places: readonly SpacePlace[], free: number): string {
  const folders = places.map(({ folder }) => folder).join(" and ");
  const one = places.length > 1 ? " (one file system)" : "";
  const certain = bytesOf(places, { certainOnly: true });
  const likely = bytesOf(places) - certain;
  const more =
    likely === 0 ? "" : `, ${megabytes(likely)} more if all that is planned is acknowledged`;
  return `${folders}${one}: ${megabytes(free)} are free, ${megabytes(certain)} are needed${more}`;
}

function wayOut(places: readonly SpacePlace[]): string {
  const others = places.map(({ folder, movedBy }) => `${movedBy} instead of ${folder}`);
  return `Make room, or name another folder: ${others.join(", ")}`;
}

function tooLittle(places: readonly SpacePlace[], free: number): HuntError {
  const lines = places.flatMap(({ folder, parts }) =>
    parts.map(
      ({ what, bytes, likely }) =>
        `${megabytes(bytes).padStart(9)}  ${folder}: ${what}${likely === true ? " (likely)" : ""}`,
    ),
  );
  const [option] = places.flatMap(({ parts }) => parts.flatMap((part) => part.option ?? []));
  const less = option === undefined ? "" : ` ${option} needs less.`;
  return new HuntError({
    code: "environment.too-little-space",
    exitCode: exitCodes.environment,
    message: [comparison(places, free), ...lines].join("\n  "),
    hint: `Nothing was started. ${wayOut(places)}.${less}`,
  });
}
