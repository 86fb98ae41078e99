/** Between the messages of sessions.proto and the flat operations and answers of a SessionWriter. */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type Answer as AnswerMessage,
  AnswerSchema,
  type Operation as OperationMessage,
  Outcome as OutcomeMessage,
  PlayRequestSchema,
  PlayResponseSchema,
} from "../gen/sessions_pb.ts";
import {
  type Answer,
  type Outcome,
  operationKinds,
  type SubmittedOperation,
} from "./session-writer.ts";

const sessionIdLengthMax = 128;

export interface Play {
  readonly operations: readonly SubmittedOperation[];
  /** Answers to operations that no writer should see. */
  readonly refused: readonly Answer[];
  readonly keepAlives: readonly string[];
}

/** @throws Error when the bytes are no PlayRequest. */
export function decodePlay(bytes: Uint8Array): Play {
  const message = fromBinary(PlayRequestSchema, bytes);
  const operations: SubmittedOperation[] = [];
  const refused: Answer[] = [];
  for (const operation of message.operations) {
    const reason = refusal(operation);
    if (reason === undefined) operations.push(flatten(operation));
    else refused.push({ ref: operation.ref, outcome: "fail", reason });
  }
  return { operations, refused, keepAlives: message.keepAlives };
}

const outcomes = {
  ok: OutcomeMessage.OK,
  fail: OutcomeMessage.FAIL,
  unknown: OutcomeMessage.UNKNOWN,
  moved: OutcomeMessage.MOVED,
} as const satisfies Record<Outcome, OutcomeMessage>;

export function encodeAnswers(answers: readonly Answer[]): Uint8Array {
  return toBinary(
    PlayResponseSchema,
    create(PlayResponseSchema, { answers: answers.map(answerMessage) }),
  );
}

function answerMessage(answer: Answer): AnswerMessage {
  const message = create(AnswerSchema);
  message.ref = answer.ref;
  message.outcome = outcomes[answer.outcome];
  if (answer.revision !== undefined) message.revision = BigInt(answer.revision);
  if (answer.owner !== undefined) message.owner = answer.owner;
  if (answer.reason !== undefined) message.reason = answer.reason;
  return message;
}

function refusal(operation: OperationMessage): string | undefined {
  const { session, device, sequence, payload } = operation;
  if (session.length === 0 || session.length > sessionIdLengthMax) {
    return `a session id has 1 to ${sessionIdLengthMax} characters`;
  }
  if (device === 0 || sequence === 0) return "device and sequence count from 1";
  if (payload.case === undefined) return "the operation has no payload";
  return undefined;
}

function flatten({
  ref,
  session,
  device,
  sequence,
  payload,
}: OperationMessage): SubmittedOperation {
  const name = { ref, session, device, sequence };
  switch (payload.case) {
    case "sessionOpened":
      return { ...name, kind: operationKinds.sessionOpened, ...fields(payload.value.seed) };
    case "digStarted": {
      const { tile, tool } = payload.value;
      return { ...name, kind: operationKinds.digStarted, ...fields(tile, tool) };
    }
    case "tilesRevealed": {
      const { firstTile, mask } = payload.value;
      return { ...name, kind: operationKinds.tilesRevealed, ...fields(firstTile, mask) };
    }
    case "lootClaimed": {
      const { tile, item, amount } = payload.value;
      return { ...name, kind: operationKinds.lootClaimed, ...fields(tile, item, amount) };
    }
    default:
      return { ...name, kind: operationKinds.sessionClosed, ...fields() };
  }
}

function fields(field1 = 0, field2 = 0, field3 = 0) {
  return { field1, field2, field3 };
}
