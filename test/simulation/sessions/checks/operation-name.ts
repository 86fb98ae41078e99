/** An operation's device and sequence in one number: its name within its session. */
export function operationName(operation: { device: number; sequence: number }): number {
  return operation.device * 2 ** 32 + operation.sequence;
}
