/**
 * What went wrong with a call to etcd, and whether the write may still have happened. After a call
 * was sent, only an answer in which etcd says why it refused is certain; everything else (a
 * deadline, a lost connection, "unavailable") is `unknown`: the write may be applied, even later.
 */

export type EtcdErrorCode =
  /** No member is known as leader, or the member has no connection: nothing was sent. */
  | "not-sent"
  /** etcd refused the request before proposing it, or while applying it. */
  | "refused"
  /**
   * The space quota is reached. Nearly always nothing was applied; but the write that reached the
   * quota is applied and gets this answer too. Either way it is decided: a read tells.
   */
  | "no-space"
  /** The revision asked for is compacted. */
  | "compacted"
  | "deadline"
  | "connection-lost"
  | "unavailable"
  /** The caller ended it. */
  | "cancelled";

export class EtcdError extends Error {
  override readonly name = "EtcdError";
  readonly code: EtcdErrorCode;
  /** Whether the write was applied: "no" is certain. */
  readonly applied: "no" | "maybe";
  /** host:port of the member, "" where none was chosen. */
  readonly endpoint: string;

  constructor(
    code: EtcdErrorCode,
    applied: "no" | "maybe",
    endpoint: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.applied = applied;
    this.endpoint = endpoint;
  }
}

/** gRPC status codes that etcd answers only for a request that changed nothing. */
const refusals: ReadonlySet<number> = new Set([
  3, // INVALID_ARGUMENT
  5, // NOT_FOUND: lease not found
  7, // PERMISSION_DENIED
  8, // RESOURCE_EXHAUSTED: too many requests
  9, // FAILED_PRECONDITION
  12, // UNIMPLEMENTED
  16, // UNAUTHENTICATED
]);
const resourceExhausted = 8;
const outOfRange = 11;
const deadlineExceeded = 4;

/** The error of a non-zero gRPC status. */
export function errorOfStatus(
  status: number,
  message: string,
  endpoint: string,
  call: string,
): EtcdError {
  const text = `etcd ${endpoint}: ${call} answered ${status}: ${message}`;
  if (status === outOfRange && message.includes("compacted")) {
    return new EtcdError("compacted", "no", endpoint, text);
  }
  if (status === resourceExhausted && message.includes("database space exceeded")) {
    return new EtcdError("no-space", "no", endpoint, text);
  }
  if (status === outOfRange || refusals.has(status)) {
    return new EtcdError("refused", "no", endpoint, text);
  }
  return new EtcdError(
    status === deadlineExceeded ? "deadline" : "unavailable",
    "maybe",
    endpoint,
    text,
  );
}
