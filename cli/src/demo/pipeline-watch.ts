import { setTimeout as sleep } from 'node:timers/promises';
import { TOPICS, qualify } from '#contracts';
import type { EventLog } from '#eventlog';
import { TransientFailure } from '#kernel';

export interface StreamCounts {
  readonly inbox: number;
  readonly outcomes: number;
  readonly observations: number;
}

const records = async (log: EventLog, topic: string): Promise<number> => {
  if ((await log.partitionCount(topic)) === undefined) return 0;
  return (await log.ends(topic)).reduce((sum, { end }) => sum + end, 0);
};

/** Watches the log's ends, as any outside program can, until what was streamed has come through. */
export class PipelineWatch {
  constructor(
    private readonly log: EventLog,
    private readonly namespace: string,
    private readonly say: (line: string) => void,
    private readonly patienceMs = 120_000,
  ) {}

  count(name: string): Promise<number> {
    return records(this.log, qualify(this.namespace, name));
  }

  /** Resolves when every inbox record of the streams has its outcome and every observation of the trigger its vector. */
  async folded(
    streams: readonly string[],
    service: { readonly name: string; readonly trigger: string },
  ): Promise<void> {
    await this.until('observations and vectors', async () => {
      let behind = 0;
      for (const stream of streams) {
        const inbox = await this.count(TOPICS.inbox(stream));
        const outcomes =
          (await this.count(TOPICS.observations(stream))) + (await this.count(TOPICS.rejections(stream)));
        behind += Math.max(0, inbox - outcomes - (await this.count(TOPICS.deadLetters('ingestion'))));
      }
      const vectors = await this.count(TOPICS.vectors(service.name));
      return behind + Math.max(0, (await this.count(TOPICS.observations(service.trigger))) - vectors);
    });
  }

  /** Resolves when every vector from the start offsets on has its prediction. */
  async scored(service: string, deployment: string, startOffsets: number): Promise<void> {
    await this.until('predictions', async () => {
      const due = (await this.count(TOPICS.vectors(service))) - startOffsets;
      return Math.max(0, due - (await this.count(TOPICS.predictions(deployment))));
    });
  }

  /** Resolves when none of the topics has grown for so long. */
  async still(names: readonly string[], quietMs: number, mostMs = 20_000): Promise<void> {
    const began = Date.now();
    const total = async (): Promise<number> =>
      (await Promise.all(names.map((name) => this.count(name)))).reduce((sum, each) => sum + each, 0);
    let before = await total();
    for (let since = began; Date.now() - since < quietMs && Date.now() - began < mostMs;) {
      await sleep(50);
      const now = await total();
      if (now === before) continue;
      before = now;
      since = Date.now();
    }
  }

  /** `behind` says how many records are still to come; patience is counted from the last time that it fell. */
  private async until(what: string, behind: () => Promise<number>): Promise<void> {
    let least = Infinity;
    let since = Date.now();
    let said = Date.now();
    for (;;) {
      const now = await behind();
      if (now === 0) return;
      if (now < least) {
        least = now;
        since = Date.now();
      }
      if (Date.now() - since > this.patienceMs)
        throw new TransientFailure(
          'PLAYHEAD_NOT_READY',
          `${now} ${what} did not come within ${this.patienceMs / 1_000} s; \`playhead status\` names the logs`,
        );
      if (Date.now() - said > 2_000) {
        said = Date.now();
        this.say(`  waiting for ${now} ${what}`);
      }
      await sleep(50);
    }
  }
}
