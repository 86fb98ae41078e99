/**
 * The alarms of one etcd cluster as `alarm` events: each raise and each clearing, with its member. Alarms are
 * entries of the raft log, so what a member says of them holds up to the index that it has applied. A member
 * that is behind says nothing new, and one that is dead does not keep an alarm alive.
 *
 * They are polled. One that is raised and cleared between two readings of all members is not seen.
 */
import { z } from "zod";
import type { Reading } from "../../../metrics/collect/collector.ts";
import { fetchText } from "../../../metrics/collect/sources/fetch-text.ts";

export interface MemberAlarms {
  /** uint64 as text. */
  readonly memberId: string;
  /** Of the raft log: everything up to there is in `alarms`. */
  readonly appliedIndex: number;
  /** As etcd words them: `memberID:123 alarm:NOSPACE `. */
  readonly errors: readonly string[];
}

export interface AlarmedMember {
  readonly nodeId: string;
  /** `host:port` of its client port. */
  readonly address: string;
}

interface Alarm {
  /** The node of the member that it was raised for; of the one that told, when it is no member's. */
  readonly node: string;
  readonly alarm: string;
  readonly detail: string;
}

const meanings: Readonly<Record<string, string>> = {
  NOSPACE: "etcd refuses writes until its alarm is disarmed",
  CORRUPT:
    "etcd refuses writes until its alarm is disarmed; raised when a member's data differs, or by hand",
};

export class EtcdAlarms {
  readonly #members: readonly AlarmedMember[];
  /** By member id; those of members that were removed, too. */
  readonly #nodes = new Map<string, string>();
  #raised: ReadonlyMap<string, Alarm> = new Map();
  #appliedIndex: number | undefined;

  constructor(members: readonly AlarmedMember[]) {
    this.#members = members;
  }

  /** @param store What the member says of its size, for the detail. */
  async observe(
    teller: AlarmedMember,
    { memberId, appliedIndex, errors }: MemberAlarms,
    store: string,
    reading: Reading,
  ): Promise<void> {
    this.#nodes.set(memberId, teller.nodeId);
    const alarms = errors.flatMap((text) => alarmIn(text) ?? []);
    if (alarms.some(({ ofMember }) => !this.#nodes.has(ofMember))) {
      await this.#learnMembers(teller, reading.signal);
    }
    if (this.#appliedIndex !== undefined && appliedIndex <= this.#appliedIndex) return;
    const first = this.#appliedIndex === undefined;
    this.#appliedIndex = appliedIndex;
    const now = alarms.map(({ ofMember, alarm }) => {
      const node = this.#nodes.get(ofMember);
      const detail = [
        ...(first ? ["it was there when hunt looked first"] : []),
        ...(node === undefined ? [`raised for no member (id ${ofMember})`] : []),
        ...(meanings[alarm] === undefined ? [] : [meanings[alarm]]),
        ...(alarm === "NOSPACE" ? [store] : []),
      ].join("; ");
      return [`${ofMember} ${alarm}`, { node: node ?? teller.nodeId, alarm, detail }] as const;
    });
    this.#tell(new Map(now), reading);
  }

  #tell(now: ReadonlyMap<string, Alarm>, { t, sink }: Reading): void {
    const before = this.#raised;
    this.#raised = now;
    for (const [key, raised] of now) {
      if (!before.has(key)) sink.event({ t, kind: "alarm", state: "raised", ...raised });
    }
    for (const [key, { node, alarm }] of before) {
      if (now.has(key)) continue;
      const detail = "no member that has applied the newest entries has it any more";
      sink.event({ t, kind: "alarm", state: "cleared", node, alarm, detail });
    }
  }

  /** From the member that told: an alarm may be of one that has not been asked yet. */
  async #learnMembers({ address }: AlarmedMember, signal: AbortSignal): Promise<void> {
    const url = `http://${address}/v3/cluster/member/list`;
    const { members } = memberList.parse(JSON.parse(await fetchText(url, signal, {})));
    for (const { ID, clientURLs } of members) {
      const known = this.#members.find((each) => clientURLs.includes(`http://${each.address}`));
      if (known !== undefined) this.#nodes.set(ID, known.nodeId);
    }
  }
}

const memberList = z.object({
  members: z.array(z.object({ ID: z.string(), clientURLs: z.array(z.string()).default([]) })),
});

/** A member id of 0 is left out by etcd. Other errors, such as a missing leader, are no alarms. */
function alarmIn(text: string): { readonly ofMember: string; readonly alarm: string } | undefined {
  const [, ofMember = "0", alarm] = /(?:memberID:(\d+) )?alarm:(\w+)/.exec(text) ?? [];
  return alarm === undefined ? undefined : { ofMember, alarm };
}
