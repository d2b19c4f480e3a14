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
import type { Reading, ReadMoment } from './aggregates';
import { compilePlan, type EngineOptions } from './compile';
import type { FeatureEvent, ViewDefinition } from './definition';
import { EntityState, type LatestValues, type WindowValues } from './entity';
import type { AggregateOutput, Output, Plan } from './plan';
import { toNumber } from './plan-builder';
import { copyEntity, readSnapshot, writeSnapshot } from './snapshot';
import type { Texts } from './texts';

/** One number for each name of the engine, in the order of the definition. */
export type FeatureValues = readonly (number | null)[];

/** The state of one partition. Opaque: made, changed and stored by the engine of the same definition only. */
export class FeatureState {
  readonly entities = new Map<string, EntityState>();
  watermark: Watermark = NO_WATERMARK;
  /** Expressions that raised an error since the process started: a metric, not part of the state. */
  expressionErrors = 0;
  private hand = this.entities.entries();
  private turns = 0;

  readonly onError = (): void => {
    this.expressionErrors += 1;
  };

  /** Goes round the entities, one with every eighth event, so that those that fell silent are pruned and forgotten too. */
  sweep(watermark: number): void {
    this.turns += 1;
    if ((this.turns & 7) !== 0) return;
    const next = this.hand.next();
    if (next.done) this.hand = this.entities.entries();
    else if (next.value[1].prune(watermark)) this.entities.delete(next.value[0]);
  }

  /** The entity as the watermark leaves it; one that there is nothing left to know of is forgotten. */
  find(key: string, watermark: number): EntityState | undefined {
    const entity = this.entities.get(key);
    if (entity === undefined || !entity.prune(watermark)) return entity;
    this.entities.delete(key);
    return undefined;
  }
}

export interface FeatureStats {
  readonly entities: number;
  readonly events: number;
  /** Estimate: event cells exactly, objects by their typical size. */
  readonly approximateBytes: number;
  /** The same for the entity that takes most, and for one in the mean; 0 without entities. */
  readonly largestEntityBytes: number;
  readonly meanEntityBytes: number;
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
  private readonly passes: boolean[];

  constructor(private readonly plan: Plan) {
    this.cells = new Float64Array(plan.columns.length);
    this.passes = plan.filters.map(() => false);
  }

  /** Names the definitions and the engine's version in vectors and snapshots (law L6). */
  get digest(): Digest {
    return this.plan.digest;
  }

  /** Names of the values, in their order; a feature with k values has `name_1` to `name_k`. */
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
    const { onError } = state;
    const windows = entity === null ? null : entity.seek(time);
    const { outputs } = this.plan;
    const moment = { time, own: this.cells };
    const values = new Array<number | null>(outputs.length);
    for (let i = 0; i < outputs.length; i++)
      values[i] = readOutput(outputs[i]!, event, windows, moment, onError);
    if (entity === null) return values;
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
   * only, so the values are a function of the stream's log so far and of the time. At a time so far behind it that its events may have been
   * dropped, what looks at everything is unknown for an entity with newer events: those must not leak in. Needs an engine compiled with `readAt`.
   */
  readAt(state: FeatureState, key: unknown, time: number): FeatureValues {
    const { plan } = this;
    if (!plan.canReadAt) throw new Defect('this engine was not compiled for readAt');
    const canonical = canonicalKey(key);
    const entity = canonical === null ? undefined : state.find(canonical, state.watermark.time);
    const windows = entity === undefined || time - entity.newest >= plan.ttl ? null : entity.seek(time);
    const isPast =
      entity !== undefined && entity.newest > time && time < state.watermark.time - plan.retention;
    return plan.outputs.map((output) => {
      const { window } = output.kind === 'aggregate' ? output : output.kept!;
      const isUnknown = isPast && plan.windows[window]!.reach === Infinity;
      return readAsOf(output, isUnknown ? null : windows, { time, own: null });
    });
  }

  /**
   * A state of its own that knows this one entity: the next event of it has the values there that it would have here, and leaves this state as it is.
   */
  copyOf(state: FeatureState, key: unknown): FeatureState {
    const copy = new FeatureState();
    copy.watermark = state.watermark;
    const canonical = canonicalKey(key);
    const entity = canonical === null ? undefined : state.find(canonical, state.watermark.time);
    if (entity !== undefined) copy.entities.set(canonical!, copyEntity(this.plan, entity));
    return copy;
  }

  /** The newest values of an entity, for the online read; null for one that is not known or was forgotten. */
  latest(state: FeatureState, key: unknown): LatestValues | null {
    const canonical = canonicalKey(key);
    return canonical === null ? null : (state.find(canonical, state.watermark.time)?.latest ?? null);
  }

  stats(state: FeatureState): FeatureStats {
    let events = 0;
    let approximateBytes = 0;
    let largestEntityBytes = 0;
    for (const [key, entity] of state.entities) {
      const bytes = entity.bytes() + key.length;
      events += entity.buffer.length;
      approximateBytes += bytes;
      largestEntityBytes = Math.max(largestEntityBytes, bytes);
    }
    const { time } = state.watermark;
    const entities = state.entities.size;
    return {
      entities,
      events,
      approximateBytes,
      largestEntityBytes,
      meanEntityBytes: entities === 0 ? 0 : Math.round(approximateBytes / entities),
      watermark: time === -Infinity ? null : time,
      expressionErrors: state.expressionErrors,
    };
  }

  /** The state as bytes: equal for equal logs, with a checksum. A fold that goes on from them gives the same bits. */
  encodeState(state: FeatureState): Uint8Array {
    const steps = this.encodeInSteps(state);
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
    }
  }

  /** The same, some milliseconds at a time: it yields where the caller may pause, as long as nothing is folded meanwhile. */
  *encodeInSteps(state: FeatureState): Generator<void, Uint8Array> {
    let found = 0;
    for (const key of state.entities.keys()) {
      state.find(key, state.watermark.time);
      if ((++found & 1_023) === 0) yield;
    }
    return yield* writeSnapshot(this.plan, state.watermark, state.entities);
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
    const { plan } = this;
    const key = canonicalKey(event[plan.entity]);
    const watermark = state.watermark.time;
    state.watermark = advanceWatermark(state.watermark, time, plan.stream.jump);
    state.sweep(watermark);
    if (key === null) return null;

    let entity = state.find(key, watermark);
    if (entity !== undefined && time - entity.newest >= plan.ttl) {
      state.entities.delete(key);
      entity = undefined;
    }
    if (entity === undefined) {
      entity = new EntityState(plan);
      state.entities.set(key, entity);
    }
    this.readCells(event, entity.texts, state.onError);
    entity.add(time, this.cells);
    return entity;
  }

  private readCells(event: FeatureEvent, texts: Texts | null, onError: () => void): void {
    const { cells, passes } = this;
    const { columns, filters } = this.plan;
    for (let i = 0; i < passes.length; i++) passes[i] = evaluate(filters[i]!, event, onError) === 1;
    for (let i = 0; i < cells.length; i++) {
      const { filter, isText, read, text } = columns[i]!;
      if (filter >= 0 && !passes[filter]) cells[i] = NaN;
      else if (!isText) cells[i] = read(event, onError);
      else {
        const value = text(event, onError);
        cells[i] = value === null ? NaN : texts!.take(value);
      }
    }
  }
}

const readOutput = (
  output: Output,
  event: FeatureEvent,
  windows: WindowValues | null,
  moment: ReadMoment,
  onError: () => void,
): number | null =>
  output.kind === 'value'
    ? finite(evaluate(output.expression, event, onError))
    : readAggregate(output, windows, moment);

const readAsOf = (output: Output, windows: WindowValues | null, moment: ReadMoment): number | null => {
  if (output.kind === 'aggregate') return readAggregate(output, windows, moment);
  const { window, slot } = output.kept!;
  return windows === null ? null : finite(windows[window]![slot]!.read(KEPT, moment));
};

const KEPT: Reading = { aggregate: 'last', scale: 1, column: -1, nth: 0, q: 0, byFrequency: false };

const readAggregate = (
  { window, slot, over, reading, empty }: AggregateOutput,
  windows: WindowValues | null,
  moment: ReadMoment,
): number | null => {
  if (windows === null) return empty;
  const slots = windows[window]!;
  const value = slots[slot]!.read(reading, moment);
  if (over < 0) return finite(value ?? empty);
  const all = slots[over]!.read(reading, moment);
  return finite(all === null || all === 0 ? empty : (value ?? 0) / all);
};

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
