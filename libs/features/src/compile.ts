import {
  compileExpression,
  decimalScale,
  digestOf,
  isPlatformError,
  Refused,
  scaleDecimal,
  type CanonicalValue,
  type CompiledExpression,
  type Digest,
  type FieldType,
} from '#kernel';
import { Count, Extreme, Newest, RollingExtreme, Spread, Total } from './accumulators';
import { AGGREGATES, ENGINE_VERSION, isAggregate } from './definition';
import type {
  Aggregate,
  AggregateFeature,
  FeatureDefinition,
  FeatureEvent,
  StreamDefinition,
  ViewDefinition,
} from './definition';
import type { Slot, WindowPlan } from './windows';

/** What the engine runs: definitions taken apart into what features share. */
export interface Plan {
  readonly digest: Digest;
  /** Of what decides the form and the content of a state: the definitions and how they are run. */
  readonly stateDigest: Digest;
  readonly canReadAt: boolean;
  readonly names: readonly string[];
  readonly stream: StreamDefinition;
  readonly entity: string;
  /** Readers of the numbers that are kept of each event; NaN for null. */
  readonly columns: readonly Column['read'][];
  readonly windows: readonly WindowPlan[];
  /** One for each feature, in the order of the definition. */
  readonly outputs: readonly Output[];
  /** How far behind the watermark an event still counts, in ms: the widest window and the lateness. */
  readonly retention: number;
}

export type Output =
  | {
      readonly kind: 'value';
      readonly expression: CompiledExpression;
      /** Where the value of the newest event stands, for reads without an event. */
      readonly kept: { readonly window: number; readonly slot: number } | null;
    }
  | {
      readonly kind: 'aggregate';
      readonly window: number;
      readonly slot: number;
      readonly aggregate: Aggregate;
      readonly scale: number;
      readonly empty: number | null;
    };

interface Column {
  /** Equal columns have equal keys. */
  readonly key: string;
  readonly scale: number;
  readonly read: (event: FeatureEvent, onError: () => void) => number;
}

export interface EngineOptions {
  /**
   * `readAt` is going to be called: the values of value features are kept with each event, and events for as long as a read may be
   * behind the newest event of the stream, in ms, beyond its lateness.
   */
  readonly readAt?: { readonly behindMs: number };
}

/** The digest that a vector names: of the views, in order, and the engine's version (law L6). */
export const definitionDigest = (views: readonly ViewDefinition[]): Digest =>
  digestOf({ engine: ENGINE_VERSION, views: views as unknown as CanonicalValue });

/**
 * Takes the views of a service apart. They must fold the same stream by the same entity. Throws `Refused`
 * PLAYHEAD_DEFINITION_INVALID with all faults in `details.faults`.
 */
export const compilePlan = (views: readonly ViewDefinition[], { readAt }: EngineOptions = {}): Plan => {
  const faults: string[] = [];
  const [first] = views;
  if (!first) throw invalid(['a feature service needs a view']);
  const { stream, entity } = first;
  for (const view of views) {
    if (view.stream.name !== stream.name)
      faults.push(`view ${view.name}: reads ${view.stream.name}, the service reads ${stream.name}`);
    if (view.entity !== entity)
      faults.push(`view ${view.name}: its entity is ${view.entity}, that of the service is ${entity}`);
  }
  const types = Object.fromEntries(stream.fields.map((field) => [field.name, field.type]));
  if (types[stream.time] !== 'timestamp')
    faults.push(`stream ${stream.name}: its time field ${stream.time} is no timestamp`);
  if (types[entity] === undefined || types[entity] === 'timestamp')
    faults.push(`view ${first.name}: ${entity} is no field that can be a key`);

  const features = views.flatMap((view) =>
    view.features.map((feature) => ({ feature, place: `view ${view.name}, feature ${feature.name}` })),
  );
  const names = features.map(({ feature }) => feature.name);
  const builder = new PlanBuilder(stream, types, readAt);
  for (const [i, { feature, place }] of features.entries()) {
    if (names.indexOf(feature.name) !== i) faults.push(`${place}: the name is taken`);
    try {
      builder.add(feature);
    } catch (error) {
      if (!isPlatformError(error) || error.disposition !== 'refuse') throw error;
      faults.push(`${place}: ${error.message}`);
    }
  }
  if (faults.length > 0) throw invalid(faults);
  const digest = definitionDigest(views);
  const stateDigest = readAt ? digestOf({ digest, readAt: readAt.behindMs }) : digest;
  return { digest, stateDigest, canReadAt: readAt !== undefined, names, stream, entity, ...builder.build() };
};

const invalid = (faults: readonly string[]): Refused =>
  new Refused('PLAYHEAD_DEFINITION_INVALID', faults.join('; '), { details: { faults } });

const refuse = (message: string): Refused => new Refused('PLAYHEAD_DEFINITION_INVALID', message);

type Family = 'count' | 'total' | 'spread' | 'newest' | 'newest row' | 'min' | 'max';

const FAMILIES: Readonly<Record<Aggregate, Family>> = {
  count: 'total',
  sum: 'total',
  mean: 'total',
  min: 'min',
  max: 'max',
  variance: 'spread',
  std: 'spread',
  last: 'newest',
};

const ACCUMULATORS: Readonly<Record<Family, Omit<Slot, 'column'>>> = {
  count: { rolling: () => new Count(), lasting: () => new Count() },
  total: { rolling: () => new Total(), lasting: () => new Total() },
  spread: { rolling: () => new Spread(), lasting: () => new Spread() },
  newest: { rolling: () => new Newest(), lasting: () => new Newest() },
  'newest row': { nulls: true, rolling: () => new Newest(), lasting: () => new Newest() },
  min: { rolling: () => new RollingExtreme(1), lasting: () => new Extreme(1) },
  max: { rolling: () => new RollingExtreme(-1), lasting: () => new Extreme(-1) },
};

/** Collects columns, windows and slots, each only once: features with the same (of, window) share an accumulator. */
class PlanBuilder {
  private readonly columns: Column[] = [];
  private readonly windows: { width: number; slots: (Slot & { readonly family: Family })[] }[] = [];
  private readonly outputs: Output[] = [];

  constructor(
    private readonly stream: StreamDefinition,
    private readonly types: Readonly<Record<string, FieldType>>,
    private readonly readAt: EngineOptions['readAt'],
  ) {}

  add(feature: FeatureDefinition): void {
    if (isAggregate(feature)) {
      this.outputs.push(this.aggregate(feature));
      return;
    }
    const expression = compileExpression(feature.value, this.types);
    if (!isNumeric(expression.resultType))
      throw refuse(`${feature.value} gives a ${expression.resultType}; vectors carry numbers and booleans`);
    this.outputs.push({ kind: 'value', expression, kept: this.readAt ? this.keep(expression) : null });
  }

  private keep(expression: CompiledExpression): { window: number; slot: number } {
    const column = this.column({
      key: `value ${expression.source.trim()}`,
      scale: 1,
      read: reader(expression, (value) => finiteOrNaN(toNumber(value))),
    });
    return this.slot(Infinity, 'newest row', column);
  }

  build(): Pick<Plan, 'columns' | 'windows' | 'outputs' | 'retention'> {
    const widths = this.windows.map(({ width }) => width).filter((width) => width !== Infinity);
    return {
      columns: this.columns.map(({ read }) => read),
      windows: this.windows,
      outputs: this.outputs,
      retention: Math.max(0, ...widths) + this.stream.lateness + (this.readAt?.behindMs ?? 0),
    };
  }

  private aggregate(feature: AggregateFeature): Output {
    const { aggregate, of, window: width = Infinity } = feature;
    if (!AGGREGATES.includes(aggregate))
      throw refuse(`${String(aggregate)} is no aggregate; there are ${AGGREGATES.join(', ')}`);
    if (width !== Infinity && !(Number.isSafeInteger(width) && width > 0))
      throw refuse(`a window of ${width} ms is not possible`);
    if (of === undefined && aggregate !== 'count') throw refuse(`${aggregate} needs \`of\``);
    if (typeof feature.empty === 'number' && !Number.isFinite(feature.empty))
      throw refuse('`empty` must be a finite number');

    const column = of === undefined ? -1 : this.column(this.compileColumn(of, aggregate));
    return {
      kind: 'aggregate',
      ...this.slot(width, of === undefined ? 'count' : FAMILIES[aggregate], column),
      aggregate,
      scale: column < 0 ? 1 : this.columns[column]!.scale,
      empty: feature.empty ?? (aggregate === 'count' || aggregate === 'sum' ? 0 : null),
    };
  }

  private slot(width: number, family: Family, column: number): { window: number; slot: number } {
    let window = this.windows.findIndex((known) => known.width === width);
    if (window < 0) window = this.windows.push({ width, slots: [] }) - 1;
    const { slots } = this.windows[window]!;
    let slot = slots.findIndex((known) => known.family === family && known.column === column);
    if (slot < 0) slot = slots.push({ family, column, ...ACCUMULATORS[family] }) - 1;
    return { window, slot };
  }

  private column(column: Column): number {
    const known = this.columns.findIndex(({ key }) => key === column.key);
    return known < 0 ? this.columns.push(column) - 1 : known;
  }

  private compileColumn(of: string, aggregate: Aggregate): Column {
    const expression = compileExpression(of, this.types);
    if (!isNumeric(expression.resultType)) {
      if (aggregate !== 'count')
        throw refuse(`${of} gives a ${expression.resultType}; ${aggregate} needs numbers or booleans`);
      return {
        key: `present ${expression.source}`,
        scale: 1,
        read: reader(expression, (value) => (value === null ? NaN : 0)),
      };
    }
    const field = this.stream.fields.find(({ name }) => name === expression.field);
    const scale = decimalScale(field?.decimals ?? 0);
    const scaled = field?.decimals !== undefined;
    return {
      key: expression.source.trim(),
      scale,
      read: reader(
        expression,
        scaled
          ? (value) => withinReach(scaleDecimal(toNumber(value), scale))
          : (value) => withinReach(toNumber(value)),
      ),
    };
  }
}

const isNumeric = (type: FieldType): boolean => type === 'number' || type === 'integer' || type === 'boolean';

/** Numbers, and booleans as 1 and 0; NaN for everything else, never -0. */
export const toNumber = (value: unknown): number =>
  typeof value === 'number' ? value + 0 : value === true ? 1 : value === false ? 0 : NaN;

/** Magnitudes that cannot be squared exactly (2^450 and more, infinities) count as null. */
const withinReach = (value: number): number =>
  value < 2.9073548971824276e135 && value > -2.9073548971824276e135 ? value : NaN;

const finiteOrNaN = (value: number): number => (value - value === 0 ? value : NaN);

const reader = (expression: CompiledExpression, convert: (value: unknown) => number): Column['read'] => {
  const { field } = expression;
  if (field !== undefined) return (event) => convert(event[field] ?? null);
  return (event, onError) => {
    try {
      return convert(expression.evaluate(event));
    } catch {
      onError();
      return NaN;
    }
  };
};
