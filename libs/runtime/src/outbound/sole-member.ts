import type { EventLog, Membership } from '#eventlog';

export interface SoleMemberOptions {
  readonly log: EventLog;
  readonly group: string;
  /** Full name of a topic with one partition. */
  readonly topic: string;
}

/**
 * Who of several instances does what only one should do: the one that has the only partition of a topic in a group. How far it came is the
 * group's committed offset, so that another one goes on there.
 */
export class SoleMember {
  private membership: Membership | undefined;
  private chosen = false;

  constructor(private readonly options: SoleMemberOptions) {}

  get isChosen(): boolean {
    return this.chosen;
  }

  get hasJoined(): boolean {
    return this.membership !== undefined;
  }

  /** Joins where it is no member; a membership that was lost is joined anew by the next call. */
  async join(): Promise<void> {
    if (this.membership) return;
    const { log, group, topic } = this.options;
    this.membership = await log.join({
      group,
      topics: [topic],
      listener: {
        assigned: (partitions) => (this.chosen = partitions.length > 0),
        rebalancing: () => (this.chosen = false),
        lost: () => {
          this.chosen = false;
          this.membership = undefined;
        },
      },
    });
  }

  /** The next offset to work on; undefined where nobody has committed one. */
  async committed(): Promise<number | undefined> {
    const { log, group, topic } = this.options;
    return (await log.committed(group, topic)).get(0)?.offset;
  }

  async commit(offset: number): Promise<void> {
    await this.membership?.commit([{ topic: this.options.topic, partition: 0, offset }]);
  }

  async leave(): Promise<void> {
    await this.membership?.leave().catch(() => undefined);
  }
}
