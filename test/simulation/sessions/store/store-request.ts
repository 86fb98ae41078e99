/** What a request or its edited copy is. */
import type {
  StoreOutcome,
  StoreRequest,
} from "../../../../src/reference-backend/sessions/log/store/store-call.ts";

export function isPut(request: StoreRequest): boolean {
  return request.type === "txn" && request.puts.length > 0;
}

export function isRequest(edited: StoreRequest | StoreOutcome): edited is StoreRequest {
  return (
    "compares" in edited ||
    "limit" in edited ||
    "keys" in edited ||
    (edited.type === "compact" && "revision" in edited)
  );
}
