import { HEADERS, TOPICS, qualify, sourcePositionOf, type CompiledFeatureService } from '#contracts';
import { SeenPositions, readRange, type EventLog, type LogRecord } from '#eventlog';
import type { FeatureState } from '#features';
import { ContractViolation, Refused, partitionOf } from '#kernel';
import { turn } from '../datasets/in-slices';
import { eventTimeOf } from '../datasets/read-to-cut';
import { readDeadLettered, type DeadLettered } from '../walk/dead-lettered';
import { HoleGuard, holeIn } from '../walk/holes';
import { lanesOf, type FeaturePlace, type Lane } from './lanes';

/** Who is asked about, and when. */
export interface EntityRow {
  /** Canonical keys by entity field; null or absent: values of empty windows. */
  readonly keys: Readonly<Record<string, string | null>>;
  /** Epoch ms. */
  readonly time: number;
}

export interface HistoricalOptions {
  readonly log: EventLog;
  readonly namespace: string;
  readonly service: CompiledFeatureService;
  readonly rows: readonly EntityRow[];
  /** Names, or `<view>:<name>`; all in the order of the vector by default. */
  readonly features?: readonly string[];
  /** End offsets by partition of the trigger's observations: nothing at or above is read of them. */
  readonly upTo?: ReadonlyMap<number, number>;
  readonly progress?: (line: string) => void;
}

export interface HistoricalFeatures {
  readonly features: readonly string[];
  /** By row, in the order given: one value for each feature. */
  readonly values: readonly (number | null)[][];
  /** Records that were read and folded. */
  readonly read: number;
  readonly folded: number;
}

/**
 * Feature values of arbitrary entities at arbitrary times, as known then: a row of entity e at time t is answered by the fold of the
 * records of e's partition before the first one whose event time is later than t, with windows (t - w, t]. So an event that came late
 * behind a later one is not seen, as nobody could have known it; the rule by which data sets are cut. Views of another
 * entity or stream are folded from the inputs of their stage, in the recorded order, by the same rule.
 *
 * Rows are sorted, each partition that is needed is read once, and of its records only those of entities that are asked about are folded (all, where a view has a `ttl`). The
 * event loop turns with every stretch that is read. Refuses a hole (PLAYHEAD_LOG_HOLE).
 */
export const historicalFeatures = async (options: HistoricalOptions): Promise<HistoricalFeatures> => {
  const { service, rows, progress } = options;
  const { lanes, features: all } = lanesOf(service);
  const features = options.features ? options.features.map((name) => featureOf(all, name)) : all;
  const values = rows.map(() => new Array<number | null>(features.length).fill(null));
  let read = 0;
  let folded = 0;
  for (const [index, lane] of lanes.entries()) {
    const wanted = features
      .map((place, column) => ({ ...place, column }))
      .filter((place) => place.lane === index);
    if (wanted.length === 0) continue;
    const answer = (row: number, states: readonly FeatureState[], key: string | null): void => {
      const answers = lane.sources.map(({ engine }, at) => engine.readAt(states[at]!, key, rows[row]!.time));
      for (const { source, index: at, column } of wanted) values[row]![column] = answers[source]![at]!;
    };
    const counts = await foldLane(options, lane, answer);
    read += counts.read;
    folded += counts.folded;
    progress?.(`${lane.topic}: ${counts.read} records read, ${counts.folded} folded`);
  }
  return { features: features.map(({ name }) => name), values, read, folded };
};

const featureOf = (features: readonly FeaturePlace[], reference: string): FeaturePlace => {
  const found = features.find(({ name, view }) => reference === name || reference === `${view}:${name}`);
  if (!found)
    throw new Refused(
      'PLAYHEAD_NOT_FOUND',
      `there is no feature ${reference}; there are ${features.map(({ name }) => name).join(', ')}`,
    );
  return found;
};

type Answer = (row: number, states: readonly FeatureState[], key: string | null) => void;

const foldLane = async (
  options: HistoricalOptions,
  lane: Lane,
  answer: Answer,
): Promise<{ read: number; folded: number }> => {
  const { log, namespace, rows } = options;
  const topic = qualify(namespace, lane.topic);
  const ends = await log.ends(topic);
  const byPartition = new Map<number, number[]>();
  const nothing = lane.sources.map(({ engine }) => engine.createState());
  rows.forEach(({ keys }, row) => {
    const key = keys[lane.entity] ?? null;
    if (key === null) {
      answer(row, nothing, null);
      return;
    }
    const partition = partitionOf(Buffer.from(key), ends.length);
    const others = byPartition.get(partition);
    if (others) others.push(row);
    else byPartition.set(partition, [row]);
  });
  const dead = await readDeadLettered(log, namespace, {
    service: 'feature',
    fold: lane.fold,
    source: lane.topic,
  });
  let read = 0;
  let folded = 0;
  for (const { partition, start, end } of ends) {
    const asked = byPartition.get(partition);
    if (!asked) continue;
    const upTo = lane.fold === 'vectors' ? (options.upTo?.get(partition) ?? end) : end;
    const pass = new PartitionPass(lane, rows, asked, dead, answer);
    if (start > 0 && upTo > 0)
      throw holeIn({ topic, partition, first: 0, last: start - 1 }, 'restore the topic from its segments');
    const guard = new HoleGuard({ topic, partition }, start);
    for await (const chunk of readRange(log, topic, partition, start, Math.min(end, upTo))) {
      guard.pass(chunk);
      await turn();
      if (chunk.kind === 'records') for (const record of chunk.records) pass.take(record);
      if (pass.isDone) break;
    }
    pass.finish();
    read += pass.read;
    folded += pass.folded;
  }
  return { read, folded };
};

const OBSERVATIONS = TOPICS.observations('');

/** One walk along a partition: rows are answered in the order of their times, each before the first record that is later. */
class PartitionPass {
  read = 0;
  folded = 0;
  private newest = -Infinity;
  private next = 0;
  private readonly order: readonly number[];
  private readonly wanted: ReadonlySet<string>;
  private readonly states: readonly FeatureState[];
  private readonly seen = new SeenPositions();

  constructor(
    private readonly lane: Lane,
    private readonly rows: readonly EntityRow[],
    asked: readonly number[],
    private readonly dead: DeadLettered,
    private readonly answer: Answer,
  ) {
    this.order = [...asked].sort((a, b) => rows[a]!.time - rows[b]!.time);
    this.wanted = new Set(asked.flatMap((row) => rows[row]!.keys[lane.entity] ?? []));
    this.states = lane.sources.map(({ engine }) => engine.createState());
  }

  /** Nothing that comes can be asked about. */
  get isDone(): boolean {
    return this.next === this.order.length;
  }

  take(record: LogRecord): void {
    if (this.isDone) return;
    const { headers, key, value, partition, offset } = record;
    this.read += 1;
    const position = sourcePositionOf(headers);
    if (position && !this.seen.admit(headers.text(HEADERS.source) ?? '', position)) return;
    if (this.dead.has(partition, offset)) return;
    const time = eventTimeOf(record);
    if (time > this.newest) {
      this.answerBefore(time);
      this.newest = time;
      if (this.isDone) return;
    }
    if (value === null || !this.isWanted(key)) return;
    this.fold(headers.text(HEADERS.source) ?? '', value);
  }

  finish(): void {
    this.answerBefore(Infinity);
  }

  private answerBefore(time: number): void {
    for (; this.next < this.order.length; this.next++) {
      const row = this.order[this.next]!;
      if (this.rows[row]!.time >= time) return;
      this.answer(row, this.states, this.rows[row]!.keys[this.lane.entity] ?? null);
    }
  }

  private isWanted(key: Buffer | null): boolean {
    return this.lane.foldsAll || (key !== null && this.wanted.has(key.toString()));
  }

  /** What breaks its contract gives no values in the feature service, either. */
  private fold(source: string, value: Buffer): void {
    const { sources, fold } = this.lane;
    for (let i = 0; i < sources.length; i++) {
      const { stream, engine, read } = sources[i]!;
      if (fold === 'stage' && source !== `${OBSERVATIONS}${stream}`) continue;
      try {
        engine.add(this.states[i]!, read(value));
      } catch (error) {
        if (error instanceof ContractViolation || error instanceof SyntaxError) return;
        throw error;
      }
    }
    this.folded += 1;
  }
}
