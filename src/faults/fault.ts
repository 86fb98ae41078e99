/**
 * What a fault is. Everything that hunt can break is one file that exports a `FaultKind`, and one line in
 * `faults.ts`. `fault-life.ts` leads each through its life; docs/writing-a-fault.md says what it asks for.
 *
 * `heal` and `waitForRecovery` may be called by another hunt than the one that injected, so they look at
 * what is, and rely on nothing that `inject` remembered.
 */
import type { Backend } from "../runtime/runtime.ts";
import type { NodeKind, TopologyNode } from "../topology/topology.ts";
import type { FaultPlan } from "./plan/fault-expression.ts";

/** What a node says of itself, by a real call. */
export interface NodeAnswer {
  readonly healthy: boolean;
  /** One of its cluster's roles, such as `leader`. */
  readonly role?: string;
  readonly detail: string;
}

/** What faults act on: a backend, and what its lanes know of the nodes. */
export interface FaultWorld {
  readonly backend: Backend;
  /** Those that the backend's lanes can suffer. */
  readonly kinds: readonly FaultKind[];
  /** Rejects when the node does not answer. */
  ask(node: TopologyNode, signal: AbortSignal): Promise<NodeAnswer>;
  /**
   * What taking the node away would do to its store, as the end of a sentence that begins with "it would";
   * undefined: nothing that has to be allowed.
   */
  costOfLoss(serving: ReadonlySet<string>, nodeId: string): string | undefined;
  readonly clock: { nowMs(): number; monotonicMs(): number };
}

/** One fault on one node. */
export interface Fault {
  /** Returns once the fault is under way; what takes longer is waited for by `waitForEffect`. */
  inject(): Promise<void>;
  /** Rejects when the effect does not show before the signal aborts. */
  waitForEffect(signal: AbortSignal): Promise<void>;
  /** Undoes it. Idempotent. */
  heal(signal: AbortSignal): Promise<void>;
  /** Resolves when the node serves again. */
  waitForRecovery(signal: AbortSignal): Promise<void>;
  /**
   * What proves that it bit, in words; asked after `waitForEffect`. Empty: nothing could have shown it,
   * which is enough as long as another target of the same fault has evidence.
   */
  evidence(): string;
}

export type Availability =
  | { readonly available: true }
  | { readonly available: false; readonly why: string };

export interface FaultKind {
  readonly name: string;
  /** A sentence for `hunt faults`. */
  readonly description: string;
  /** What heals it, for `--dry-run`. */
  readonly undo: string;
  /** Kinds of nodes that it acts on; `link`: on links; `processes`: whatever an engine or a service is. */
  readonly nodeKinds: readonly NodeKind[] | "processes";
  /** It goes on until it is healed; one that does not is over by itself. */
  readonly lasts: boolean;
  /** So long its injection may take beside its effect, milliseconds; absent: moments. */
  readonly injectBoundMs?: number;
  /** The node does not serve meanwhile. */
  readonly takesAway: boolean;
  /** It takes what the whole machine has, whichever node it is aimed at; absent: its target's alone. */
  readonly takesMachine?: boolean;
  /** Nothing comes through the link meanwhile; absent: something does. */
  readonly cuts?: boolean;
  available(runtime: "local" | "docker" | "external"): Availability;
  /** Why it can't act on this node as it is set up, and what would make it so; undefined: it can. */
  unsuitable?(node: TopologyNode): string | undefined;
  /** What is wrong with what stands after `with`; absent: it takes none. */
  settings?(text: string | undefined): string | undefined;
  /** What is often asked for after `with`; for a menu. */
  readonly presets?: readonly string[];
  /** `plan` is absent when it is only to be healed. */
  on(node: TopologyNode, world: FaultWorld, plan?: FaultPlan): Fault;
}
