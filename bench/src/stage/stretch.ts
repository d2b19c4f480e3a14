import { setTimeout as sleep } from 'node:timers/promises';
import { readRange, type PartitionEnds } from '#eventlog';
import { TransientFailure } from '#kernel';
import { countBetween, rateOf, type Rate } from './rate';
import { readUsage, usedBetween, type Measured, type Usage } from './processes';
import type { Stage } from './stage';

/** Time without any progress after which a stretch has failed. */
const PATIENCE_MS = 60_000;

/** What a stretch is measured on. */
export type StretchGround = Pick<
  Stage,
  'dataDir' | 'log' | 'topic' | 'ends' | 'count' | 'since' | 'records' | 'processes'
>;

export interface StretchPlan {
  /** Topics below the namespace: time runs from the first new record of `first` to the last one of `last`. */
  readonly first: string;
  readonly last: string;
  /** So many new records are expected on `last`. */
  readonly count: number;
  /** What sets it going; not waited for before the watching begins. */
  readonly start: () => Promise<void>;
  readonly say: (line: string) => void;
  /** Processes that are measured with the services and the broker. */
  readonly besides?: () => readonly Measured[];
  /** Waited for at the end: markers of transactions take offsets, and the last records may still be on their way. */
  readonly finished?: () => Promise<void>;
}

/** How long a stretch of records took, by the broker's clock, and what was used meanwhile. */
export interface Stretch {
  readonly count: number;
  readonly rate: Rate;
  /** Events that came out while it was measured what the processes used. */
  readonly usedFor: number;
  readonly used: ReadonlyMap<string, Usage>;
}

/** Lets a stretch of records run and measures it. Fails when it stands still for a minute. */
export const measureStretch = async (stage: StretchGround, plan: StretchPlan): Promise<Stretch> => {
  const firstBefore = await stage.ends(plan.first);
  const lastBefore = await stage.ends(plan.last);
  const starting = plan.start();
  const failure = failureOf(starting);
  await Promise.race([grown(stage, plan.first, totalOf(firstBefore), 1, () => undefined), failure]);
  const processes = async (): Promise<Measured[]> => [
    ...(plan.besides?.() ?? []),
    ...(await stage.processes()),
  ];
  const measuredFrom = Date.now();
  const usedBefore = await readUsage(await processes());
  await Promise.race([grown(stage, plan.last, totalOf(lastBefore), plan.count, progressOf(plan)), failure]);
  const measuredUntil = Date.now();
  const usedAfter = await readUsage(await processes());
  await starting;
  await plan.finished?.();
  const ended = await appendTimes(stage, plan.last, lastBefore);
  const begunAt = await firstAppendTime(stage, plan.first, firstBefore);
  const count = Math.min(plan.count, ended.length);
  return {
    count,
    rate: rateOf(count, begunAt, ended.at(-1)!),
    usedFor: countBetween(ended, measuredFrom, measuredUntil),
    used: usedBetween(usedBefore, usedAfter),
  };
};

/** Rejects when the work does, and never resolves. */
const failureOf = (work: Promise<void>): Promise<never> =>
  new Promise((_, reject) => {
    work.catch(reject);
  });

export const totalOf = (ends: readonly PartitionEnds[]): number =>
  ends.reduce((sum, { end }) => sum + end, 0);

/** Says every two seconds how far it is. */
export const progressOf = ({ count, say }: Pick<StretchPlan, 'count' | 'say'>): ((done: number) => void) => {
  const started = Date.now();
  let saidAt = started;
  return (done) => {
    if (Date.now() - saidAt < 2_000) return;
    saidAt = Date.now();
    say(`  ${done} of ${count} (${Math.round((done * 1_000) / (saidAt - started))}/s since the start)`);
  };
};

/** Ends that everything on a topic lies behind. */
export const beginningOf = (ends: readonly PartitionEnds[]): PartitionEnds[] =>
  ends.map((at) => ({ ...at, end: at.start }));

/** Resolves when a topic has so many offsets more than `before`: its records, unless somebody writes in transactions. */
export const grown = (
  stage: StretchGround,
  topic: string,
  before: number,
  count: number,
  progress: (done: number) => void,
): Promise<void> => patiently(stage, topic, count, async () => (await stage.count(topic)) - before, progress);

/**
 * Resolves when so many records stand behind the ends of then. A marker of a transaction takes an offset as a record does, so this
 * reads and counts what is there: nothing to do while something is measured.
 */
export const arrived = async (
  stage: StretchGround,
  topic: string,
  before: readonly PartitionEnds[],
  count: number,
): Promise<void> => {
  await grown(stage, topic, totalOf(before), count, () => undefined);
  const next = before.map(({ end }) => end);
  let records = 0;
  const counted = async (): Promise<number> => {
    for (const { partition, end } of await stage.ends(topic)) {
      for await (const chunk of readRange(stage.log, stage.topic(topic), partition, next[partition]!, end))
        if (chunk.kind === 'records') records += chunk.records.length;
      next[partition] = end;
    }
    return records;
  };
  await patiently(stage, topic, count, counted, () => undefined);
};

/** Looks again and again until it is as much as it should be; fails when nothing is added for a minute. */
const patiently = async (
  stage: StretchGround,
  topic: string,
  count: number,
  look: () => Promise<number>,
  progress: (done: number) => void,
): Promise<void> => {
  let most = -1;
  let since = Date.now();
  for (;;) {
    const done = await look();
    if (done >= count) return;
    if (done > most) {
      most = done;
      since = Date.now();
    }
    if (Date.now() - since > PATIENCE_MS)
      throw new TransientFailure(
        'PLAYHEAD_NOT_READY',
        `${done} of ${count} records came to ${topic}, and none for ${PATIENCE_MS / 1_000} s; logs are in ${stage.dataDir}/logs`,
      );
    progress(done);
    await sleep(20);
  }
};

/** Append times of all records behind the ends of then, ascending; epoch ms by the broker's clock. */
const appendTimes = async (
  stage: StretchGround,
  name: string,
  before: readonly PartitionEnds[],
): Promise<Float64Array> => {
  const times: number[] = [];
  for await (const { timestamp } of stage.since(name, before)) times.push(timestamp);
  return Float64Array.from(times).sort();
};

/** When the first record behind the ends of then was appended. */
export const firstAppendTime = async (
  stage: StretchGround,
  name: string,
  before: readonly PartitionEnds[],
): Promise<number> => {
  const times: number[] = [];
  for (const { partition, end } of before)
    for await (const { timestamp } of stage.records(name, partition, end)) {
      times.push(timestamp);
      break;
    }
  return Math.min(...times);
};
