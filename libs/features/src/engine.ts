import {
  advanceWatermark,
  canonicalKey,
  ContractViolation,
  Defect,
  NO_WATERMARK,
  timestampMs,
  type Digest,
  type Watermark,
} from '#kernel';
import { compilePlan, toNumber, type EngineOptions, type Output, type Plan } from './compile';
import { EntityState, type LatestValues, type WindowValues } from './entity';
import type { FeatureEvent, ViewDefinition } from './definition';
import { readSnapshot, writeSnapshot } from './snapshot';

/** One number for each feature, in the order of the definition. */
export type FeatureValues = readonly (number | null)[];

/** The state of one partition. Opaque: made, changed and stored by the engine of the same definition only. */
export class FeatureState {
  readonly entities = new Map<string, EntityState>();
  watermark: Watermark = NO_WATERMARK;
  /** Expressions that raised an error since the process started: a metric, not part of the state. */
  expressionErrors = 0;
  private hand = this.entities.values();
  private turns = 0;

  readonly onError = (): void => {
    this.expressionErrors += 1;
  };

  /** Goes round the entities, one with every eighth event, so that those that fell silent are pruned too. */
  sweep(horizon: number): void {
    this.turns += 1;
    if ((this.turns & 7) !== 0) return;
    const next = this.hand.next();
    if (next.done) this.hand = this.entities.values();
    else next.value.prune(horizon);
  }
}

export interface FeatureStats {
  readonly entities: number;
  readonly events: number;
  /** Estimate: event cells exactly, objects by their typical size. */
  readonly approximateBytes: number;
  /** Epoch ms; null before the first event. */
  readonly watermark: number | null;
  readonly expressionErrors: number;
}

/**
 * Folds the events of one stream into feature vectors, one for each event (law L10, L11): a window is (T - w, T] around the
 * event's own time T with the event itself counted in, over the events folded so far. Late events are put in their place: they count
 * for what comes after them in the log, and their own values see nothing newer than T.
 *
 * Events up to the widest window plus the lateness behind the watermark are kept. One that comes later still (moved here by a
 * partition that lagged) sees what is kept: a function of the log all the same.
 */
export class FeatureEngine {
  private readonly cells: Float64Array;

  constructor(private readonly plan: Plan) {
    this.cells = new Float64Array(plan.columns.length);
  }

  /** Names the definitions and the engine's version in vectors and snapshots (law L6). */
  get digest(): Digest {
    return this.plan.digest;
  }

  /** Feature names, in the order of the values. */
  get names(): readonly string[] {
    return this.plan.names;
  }

  createState(): FeatureState {
    return new FeatureState();
  }

  /**
   * Folds one event and gives its values; the caller must not change them. An event without an entity has the values of an empty
   * window. Throws `ContractViolation`, with the state untouched, for an event without a time.
   */
  apply(state: FeatureState, event: FeatureEvent): FeatureValues {
    const time = this.timeOf(event);
    const entity = this.fold(state, event, time);
    if (entity === null) return this.read(event, null, state.onError);
    const values = this.read(event, entity.seek(time), state.onError);
    if (entity.latest === null || time >= entity.latest.time) entity.latest = { time, values };
    return values;
  }

  /** Folds one event whose values nobody asks for: what `readAt` reads. Throws as `apply` does. */
  add(state: FeatureState, event: FeatureEvent): void {
    this.fold(state, event, this.timeOf(event));
  }

  /**
   * The values of an entity as of a time (epoch ms), with what was folded so far: windows are (time - w, time], a value feature has the
   * value of the newest event at or before the time (ties in log order), and what is unknown has the values of an empty
   * window and null. Nothing is added, and no later value changes. Events expire by the stream's own watermark
   * only, so the values are a function of the stream's log so far and of the time. Needs an engine compiled with `readAt`.
   */
  readAt(state: FeatureState, key: unknown, time: number): FeatureValues {
    const { plan } = this;
    if (!plan.canReadAt) throw new Defect('this engine was not compiled for readAt');
    const canonical = canonicalKey(key);
    const entity = canonical === null ? undefined : state.entities.get(canonical);
    if (entity === undefined) return plan.outputs.map((output) => readAsOf(output, null));
    entity.prune(state.watermark.time - plan.retention);
    const windows = entity.seek(time);
    return plan.outputs.map((output) => readAsOf(output, windows));
  }

  /** The newest values of an entity, for the online read. */
  latest(state: FeatureState, key: unknown): LatestValues | null {
    const canonical = canonicalKey(key);
    return canonical === null ? null : (state.entities.get(canonical)?.latest ?? null);
  }

  stats(state: FeatureState): FeatureStats {
    const { plan } = this;
    const slots = plan.windows.reduce((sum, { slots: { length } }) => sum + length, 0);
    const perEntity = 400 + plan.windows.length * 120 + slots * 90 + plan.outputs.length * 24;
    let events = 0;
    let approximateBytes = 0;
    for (const [key, { buffer }] of state.entities) {
      events += buffer.length;
      approximateBytes += perEntity + key.length + buffer.bytes;
    }
    const { time } = state.watermark;
    return {
      entities: state.entities.size,
      events,
      approximateBytes,
      watermark: time === -Infinity ? null : time,
      expressionErrors: state.expressionErrors,
    };
  }

  /** The state as bytes: equal for equal logs, with a checksum. A fold that goes on from them gives the same bits. */
  encodeState(state: FeatureState): Uint8Array {
    const horizon = state.watermark.time - this.plan.retention;
    for (const entity of state.entities.values()) entity.prune(horizon);
    return writeSnapshot(this.plan, state.watermark, state.entities);
  }

  /** Throws `ContractViolation` PLAYHEAD_FEATURES_SNAPSHOT_INVALID for bytes that are damaged or of another definition. */
  decodeState(bytes: Uint8Array): FeatureState {
    const state = new FeatureState();
    state.watermark = readSnapshot(this.plan, bytes, state.entities);
    return state;
  }

  private timeOf(event: FeatureEvent): number {
    const field = this.plan.stream.time;
    const time = timestampMs(event[field]);
    if (time !== time)
      throw new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', `${field} is not a timestamp`);
    return time;
  }

  /** Puts an event in its place; null for one without an entity. */
  private fold(state: FeatureState, event: FeatureEvent, time: number): EntityState | null {
    const { plan, cells } = this;
    const key = canonicalKey(event[plan.entity]);
    const horizon = state.watermark.time - plan.retention;
    state.watermark = advanceWatermark(state.watermark, time, plan.stream.jump);
    state.sweep(horizon);
    if (key === null) return null;

    let entity = state.entities.get(key);
    if (entity === undefined) {
      entity = new EntityState(plan);
      state.entities.set(key, entity);
    }
    for (let i = 0; i < cells.length; i++) cells[i] = plan.columns[i]!(event, state.onError);
    entity.prune(horizon);
    entity.add(time, cells);
    return entity;
  }

  private read(event: FeatureEvent, windows: WindowValues | null, onError: () => void): FeatureValues {
    const { outputs } = this.plan;
    const values = new Array<number | null>(outputs.length);
    for (let i = 0; i < outputs.length; i++) values[i] = readOutput(outputs[i]!, event, windows, onError);
    return values;
  }
}

const readOutput = (
  output: Output,
  event: FeatureEvent,
  windows: WindowValues | null,
  onError: () => void,
): number | null => {
  if (output.kind === 'value') return finite(evaluate(output.expression, event, onError));
  return readAggregate(output, windows);
};

const readAsOf = (output: Output, windows: WindowValues | null): number | null => {
  if (output.kind === 'aggregate') return readAggregate(output, windows);
  const { window, slot } = output.kept!;
  return windows === null ? null : finite(windows[window]![slot]!.read('last', 1));
};

const readAggregate = (
  { window, slot, aggregate, scale, empty }: Extract<Output, { kind: 'aggregate' }>,
  windows: WindowValues | null,
): number | null =>
  windows === null ? empty : finite(windows[window]![slot]!.read(aggregate, scale) ?? empty);

const evaluate = (
  expression: { evaluate(event: FeatureEvent): unknown },
  event: FeatureEvent,
  onError: () => void,
): number => {
  try {
    return toNumber(expression.evaluate(event));
  } catch {
    onError();
    return NaN;
  }
};

/** A vector carries no number that is not finite, and no -0. */
const finite = (value: number | null): number | null =>
  value !== null && value - value === 0 ? value + 0 : null;

/** The engine of one view. Throws `Refused` PLAYHEAD_DEFINITION_INVALID with all faults. */
export const compileView = (view: ViewDefinition, options?: EngineOptions): FeatureEngine =>
  compileService([view], options);

/** The engine of a service whose views fold the same stream by the same entity; values in the order of the views. */
export const compileService = (views: readonly ViewDefinition[], options?: EngineOptions): FeatureEngine =>
  new FeatureEngine(compilePlan(views, options));
