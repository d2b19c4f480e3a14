import { HEADERS, TOPICS, qualify, sourcePositionOf } from '#contracts';
import { SeenPositions, readRange, type EventLog, type LogRecord } from '#eventlog';
import {
  compileStage,
  newest,
  stagesOf,
  streamOf,
  timeOf,
  type CarriedService,
  type PartsOfTrigger,
} from '#folds';
import { ContractViolation } from '#kernel';
import { readDeadLettered } from '../walk/dead-lettered';
import { HoleGuard, holeIn } from '../walk/holes';

export interface RefoldPartsOptions {
  readonly log: EventLog;
  readonly namespace: string;
  readonly service: CarriedService;
}

/** What the stages of a service answer to its triggers, by the trigger's position. */
export interface RefoldedParts {
  of(partition: number, offset: number): PartsOfTrigger;
}

/**
 * Computes the parts of a service's stages from their inputs, in the order that the routers recorded. A trigger that a stage set aside, or
 * whose input breaks its contract, has no part. Refuses a hole (PLAYHEAD_LOG_HOLE).
 */
export const refoldParts = async (options: RefoldPartsOptions): Promise<RefoldedParts> => {
  const { service } = options;
  const stages: StageValues[] = [];
  for (const entity of stagesOf(service)) stages.push(...(await foldStage(options, entity)));
  return {
    of: (partition, offset) => {
      const parts = new Map<string, PartOfTrigger>();
      for (const stage of stages) {
        const values = stage.of(partition, offset);
        if (!values) continue;
        const byRevision = { ...parts.get(stage.entity)?.values };
        for (const revision of stage.revisions) byRevision[revision] = values;
        const trigger = { partition, offset, k: 0 };
        parts.set(stage.entity, { trigger, stage: stage.entity, values: byRevision });
      }
      return parts;
    },
  };
};

type PartOfTrigger = PartsOfTrigger extends ReadonlyMap<string, infer Part> ? Part : never;

const foldStage = async (
  { log, namespace, service }: RefoldPartsOptions,
  entity: string,
): Promise<readonly StageValues[]> => {
  const { definitions, read } = compileStage(entity)({ ...service, warming: [], retired: [] });
  const answers = definitions.map(({ revisions }) => new StageValues(entity, revisions));
  const trigger = newest(service).compiled.trigger.stream;
  const source = TOPICS.featureInputs(service.name, entity);
  const topic = qualify(namespace, source);
  const dead = await readDeadLettered(log, namespace, { service: 'feature', fold: 'stage', source });
  for (const { partition, start, end } of await log.ends(topic)) {
    if (start > 0)
      throw holeIn({ topic, partition, first: 0, last: start - 1 }, 'restore the topic from its segments');
    const states = definitions.map(({ fold }) => fold.initial());
    const seen = new SeenPositions();
    const guard = new HoleGuard({ topic, partition }, start);
    const take = (record: LogRecord): void => {
      const position = sourcePositionOf(record.headers);
      if (position && !seen.admit(record.headers.text(HEADERS.source) ?? '', position)) return;
      if (dead.has(partition, record.offset)) return;
      const stream = streamOf(record);
      const event = read(stream, record);
      if (stream !== trigger) {
        if (event) definitions.forEach(({ fold }, i) => fold.fold(states[i]!, stream, event));
        return;
      }
      if (!position) return;
      const { ms } = timeOf(record);
      const key = record.key === null ? null : record.key.toString();
      definitions.forEach(({ fold }, i) =>
        answers[i]!.add(position.partition, position.offset, fold.values(states[i]!, event, key, ms)),
      );
    };
    for await (const chunk of readRange(log, topic, partition, start, end)) {
      guard.pass(chunk);
      if (chunk.kind === 'records') for (const record of chunk.records) passingOver(() => take(record));
    }
    guard.finish(end);
  }
  return answers;
};

const passingOver = (work: () => void): void => {
  try {
    work();
  } catch (error) {
    if (!(error instanceof ContractViolation)) throw error;
  }
};

const BLOCK_ROWS = 8_192;

/** The values of one definition of a stage, in columns: a trigger costs eight bytes for each and its place in a map. */
class StageValues {
  private readonly rows = new Map<number, Map<number, number>>();
  private readonly blocks: Float64Array[] = [];
  private width = 0;
  private count = 0;

  constructor(
    readonly entity: string,
    readonly revisions: readonly string[],
  ) {}

  add(partition: number, offset: number, values: readonly (number | null)[]): void {
    let rows = this.rows.get(partition);
    if (!rows) this.rows.set(partition, (rows = new Map()));
    if (rows.has(offset)) return;
    this.width = values.length;
    if (this.count % BLOCK_ROWS === 0) this.blocks.push(new Float64Array(BLOCK_ROWS * this.width));
    const block = this.blocks[this.blocks.length - 1]!;
    const at = (this.count % BLOCK_ROWS) * this.width;
    for (let i = 0; i < this.width; i++) block[at + i] = values[i] ?? NaN;
    rows.set(offset, this.count++);
  }

  of(partition: number, offset: number): (number | null)[] | undefined {
    const row = this.rows.get(partition)?.get(offset);
    if (row === undefined) return undefined;
    const block = this.blocks[Math.floor(row / BLOCK_ROWS)]!;
    const at = (row % BLOCK_ROWS) * this.width;
    return Array.from({ length: this.width }, (_, i) =>
      block[at + i]! === block[at + i]! ? block[at + i]! : null,
    );
  }
}
