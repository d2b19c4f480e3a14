import {
  advanceWatermark,
  canonicalKey,
  ContractViolation,
  NO_WATERMARK,
  timestampMs,
  type Digest,
  type Watermark,
} from '#kernel';
import { compilePlan, toNumber, type Output, type Plan } from './compile';
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
    const { plan, cells } = this;
    const time = timestampMs(event[plan.stream.time]);
    if (time !== time)
      throw new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', `${plan.stream.time} is not a timestamp`);
    const key = canonicalKey(event[plan.entity]);

    const horizon = state.watermark.time - plan.retention;
    state.watermark = advanceWatermark(state.watermark, time, plan.stream.jump);
    state.sweep(horizon);
    const { onError } = state;
    if (key === null) return this.read(event, null, onError);

    let entity = state.entities.get(key);
    if (entity === undefined) {
      entity = new EntityState(plan);
      state.entities.set(key, entity);
    }
    for (let i = 0; i < cells.length; i++) cells[i] = plan.columns[i]!(event, onError);
    entity.prune(horizon);
    const values = this.read(event, entity.add(time, cells), onError);
    if (entity.latest === null || time >= entity.latest.time) entity.latest = { time, values };
    return values;
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
  if (windows === null) return output.empty;
  return finite(windows[output.window]![output.slot]!.read(output.aggregate, output.scale) ?? output.empty);
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
export const compileView = (view: ViewDefinition): FeatureEngine => compileService([view]);

/** The engine of a service whose views fold the same stream by the same entity; values in the order of the views. */
export const compileService = (views: readonly ViewDefinition[]): FeatureEngine =>
  new FeatureEngine(compilePlan(views));
