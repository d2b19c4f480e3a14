import {
  compileExpression,
  decimalScale,
  Refused,
  scaleDecimal,
  valueNames,
  type CompiledExpression,
  type FieldType,
} from '#kernel';
import { AGGREGATES, CALENDAR_UNITS, isAggregate } from './definition';
import type { AggregateFeature, FeatureDefinition, StreamDefinition } from './definition';
import { FAMILIES, FAMILY_OF, type Family, type FamilyParameters } from './families';
import type { AggregateOutput, Column, Output, Place, Plan } from './plan';
import { boundOf, reachOf, type Slot, type WindowPlan } from './windowing';

/** Collects columns, windows and slots, each only once: features with the same (of, where, window) share an accumulator. */
export class PlanBuilder {
  private readonly filters: CompiledExpression[] = [];
  private readonly columns: Column[] = [];
  private readonly windows: (Omit<WindowPlan, 'slots'> & {
    readonly key: string;
    readonly slots: KnownSlot[];
  })[] = [];
  private readonly tiles: { readonly width: number; reach: number; readonly slots: KnownSlot[] }[] = [];
  private readonly outputs: Output[] = [];

  constructor(
    private readonly stream: StreamDefinition,
    private readonly types: Readonly<Record<string, FieldType>>,
    private readonly readAt: { readonly behindMs: number } | undefined,
  ) {}

  /** Throws `Refused` for a feature that cannot be computed. */
  add(feature: FeatureDefinition): void {
    if (isAggregate(feature)) {
      this.outputs.push(...this.aggregates(feature));
      return;
    }
    const expression = compileExpression(feature.value, this.types);
    if (!isNumeric(expression.resultType))
      throw refuse(`${feature.value} gives a ${expression.resultType}; vectors carry numbers and booleans`);
    this.outputs.push({ kind: 'value', expression, kept: this.readAt ? this.keep(expression) : null });
  }

  build(): Pick<
    Plan,
    | 'filters'
    | 'columns'
    | 'windows'
    | 'tiles'
    | 'outputs'
    | 'keepsRows'
    | 'remembers'
    | 'patience'
    | 'retention'
  > {
    const overRows = this.windows.filter(({ tiles }) => tiles < 0);
    const reaches = overRows.map(({ reach }) => reach).filter((reach) => reach !== Infinity);
    const patience = this.stream.lateness + (this.readAt?.behindMs ?? 0);
    return {
      filters: this.filters,
      columns: this.columns,
      windows: this.windows,
      tiles: this.tiles,
      outputs: this.outputs,
      keepsRows: overRows.length > 0 || this.windows.length === 0,
      remembers: overRows.some(({ reach }) => reach === Infinity),
      patience,
      retention: Math.max(0, ...reaches) + patience,
    };
  }

  private aggregates(feature: AggregateFeature): AggregateOutput[] {
    checkAggregate(feature);
    const { aggregate, of, where, q = 0, n = 1, by } = feature;
    const column = this.columnOf(feature, where);
    const window = this.window(feature);
    const family = familyOf(feature);
    const parameters = {
      size: aggregate === 'lag' ? n + 1 : (feature.k ?? 2),
      halfLife: feature.halfLife ?? 0,
    };
    const place = this.slot(window, family, column, parameters);
    const over =
      aggregate === 'ratio'
        ? this.slot(window, family, this.columnOf(feature, undefined), parameters).slot
        : -1;
    const empty =
      feature.empty ??
      (aggregate === 'count' || aggregate === 'sum' || aggregate === 'count_distinct' ? 0 : null);
    return valueNames(feature).map((_, i) => ({
      kind: 'aggregate',
      ...place,
      over,
      empty,
      reading: {
        aggregate: aggregate === 'ratio' ? (of === undefined ? 'count' : 'sum') : aggregate,
        // Both sides of a ratio are in the same units.
        scale: column < 0 || over >= 0 ? 1 : this.columns[column]!.scale,
        column,
        nth: aggregate === 'lag' ? n - 1 : i,
        q,
        byFrequency: by === 'frequency',
      },
    }));
  }

  private keep(expression: CompiledExpression): Place {
    const column = this.column({
      ...NUMBERS,
      key: `value ${expression.source.trim()}`,
      filter: -1,
      read: reader(expression, (value) => finiteOrNaN(toNumber(value))),
    });
    return this.slot(this.windowOf(undefined), 'newest row', column, NO_PARAMETERS);
  }

  private window({ window, accuracy, tile }: AggregateFeature): number {
    if (accuracy !== 'tiled') return this.windowOf(window);
    let tiles = this.tiles.findIndex((known) => known.width === tile);
    if (tiles < 0) tiles = this.tiles.push({ width: tile!, reach: 0, slots: [] }) - 1;
    const plan = this.tiles[tiles]!;
    plan.reach = Math.max(plan.reach, reachOf(window));
    return this.windowOf(window, tiles, plan.slots);
  }

  private windowOf(window: AggregateFeature['window'], tiles = -1, slots: KnownSlot[] = []): number {
    const key = `${keyOf(window)} ${tiles}`;
    const known = this.windows.findIndex((other) => other.key === key);
    if (known >= 0) return known;
    return this.windows.push({ key, bound: boundOf(window), reach: reachOf(window), tiles, slots }) - 1;
  }

  private slot(window: number, family: Family, column: number, parameters: FamilyParameters): Place {
    const { slots, reach } = this.windows[window]!;
    const { halfLife, size } = parameters;
    const known = slots.findIndex(
      (slot) => slot.family === family && slot.column === column && slot.parameters.halfLife === halfLife,
    );
    if (known >= 0) {
      slots[known]!.parameters.size = Math.max(slots[known]!.parameters.size, size);
      return { window, slot: known };
    }
    if (reach === Infinity && FAMILIES[family].lasting === undefined)
      throw refuse('without `window` it would have to keep every value for ever');
    return { window, slot: slots.push(slotOf(family, column, parameters)) - 1 };
  }

  /** -1 for events as such. */
  private columnOf({ of, aggregate }: AggregateFeature, where: string | undefined): number {
    const filter = where === undefined ? -1 : this.filter(where);
    if (of === undefined)
      return filter < 0 ? -1 : this.column({ ...NUMBERS, key: `${filter}`, filter, read: zero });
    const source = compileExpression(of, this.types);
    const key = filter < 0 ? source.source.trim() : `${filter} ${source.source.trim()}`;
    if (aggregate === 'time_since_last' || (aggregate === 'count' && !isNumeric(source.resultType)))
      return this.column({ ...NUMBERS, key: `present ${key}`, filter, read: reader(source, presence) });
    if (aggregate === 'count_distinct' && !isNumeric(source.resultType))
      return source.resultType === 'timestamp'
        ? this.column({ ...NUMBERS, key, filter, read: reader(source, milliseconds) })
        : this.column({ ...NUMBERS, key, filter, isText: true, text: textReader(source) });
    if (!isNumeric(source.resultType))
      throw refuse(`${of} gives a ${source.resultType}; ${aggregate} needs numbers or booleans`);
    const field = this.stream.fields.find(({ name }) => name === source.field);
    const scale = decimalScale(field?.decimals ?? 0);
    const convert =
      field?.decimals === undefined
        ? (value: unknown) => withinReach(toNumber(value))
        : (value: unknown) => withinReach(scaleDecimal(toNumber(value), scale));
    return this.column({ ...NUMBERS, key, scale, filter, read: reader(source, convert) });
  }

  private column(column: Column): number {
    const known = this.columns.findIndex(({ key }) => key === column.key);
    return known < 0 ? this.columns.push(column) - 1 : known;
  }

  private filter(where: string): number {
    const expression = compileExpression(where, this.types);
    if (expression.resultType !== 'boolean')
      throw refuse(`\`where\` ${where} gives a ${expression.resultType}; it must give a boolean`);
    const known = this.filters.findIndex(({ source }) => source.trim() === where.trim());
    return known < 0 ? this.filters.push(expression) - 1 : known;
  }
}

export const refuse = (message: string): Refused => new Refused('PLAYHEAD_DEFINITION_INVALID', message);

interface KnownSlot extends Slot {
  readonly family: Family;
  readonly parameters: FamilyParameters;
}

const slotOf = (family: Family, column: number, parameters: FamilyParameters): KnownSlot => {
  const { rolling, lasting, following, tile } = FAMILIES[family];
  return {
    family,
    column,
    parameters,
    takesNulls: family === 'newest row',
    rolling: (range) => rolling!(parameters, range),
    lasting: () => lasting!(parameters),
    following: following ? (settled, range) => following(parameters, settled, range) : null,
    tile: () => tile!(),
  };
};

const familyOf = ({ aggregate, of, accuracy }: AggregateFeature): Family => {
  if (aggregate === 'quantile' && accuracy !== undefined) return 'sketch';
  if (of === undefined && (aggregate === 'count' || aggregate === 'ratio')) return 'count';
  return FAMILY_OF[aggregate];
};

const NO_PARAMETERS: FamilyParameters = { size: 0, halfLife: 0 };

const keyOf = (window: AggregateFeature['window']): string =>
  window === undefined ? 'all' : typeof window === 'number' ? `${window}` : window.calendar;

/** Options that do not go together. What users write was checked where it was read; this is the last gate. */
const checkAggregate = (feature: AggregateFeature): void => {
  const { aggregate, of, where, window, empty, k, n, q, halfLife, accuracy, tile } = feature;
  if (!AGGREGATES.includes(aggregate))
    throw refuse(`${String(aggregate)} is no aggregate; there are ${AGGREGATES.join(', ')}`);
  if (typeof window === 'number' && !isPositive(window))
    throw refuse(`a window of ${window} ms is not possible`);
  if (typeof window === 'object' && !CALENDAR_UNITS.includes(window.calendar))
    throw refuse(`${String(window.calendar)} is no calendar unit; there are ${CALENDAR_UNITS.join(', ')}`);
  if (of === undefined && aggregate !== 'count' && aggregate !== 'ratio' && aggregate !== 'time_since_last')
    throw refuse(`${aggregate} needs \`of\``);
  if (aggregate === 'ratio' && where === undefined) throw refuse('ratio needs `where`');
  if (typeof empty === 'number' && !Number.isFinite(empty)) throw refuse('`empty` must be a finite number');
  if (
    (aggregate === 'last_k' || aggregate === 'top_k') !== (k !== undefined) ||
    (k !== undefined && !isPositive(k))
  )
    throw refuse('`k`, from 1, is for last_k and top_k, which need it');
  if (n !== undefined && (aggregate !== 'lag' || !isPositive(n))) throw refuse('`n`, from 1, is for lag');
  if ((aggregate === 'quantile') !== (q !== undefined) || (q !== undefined && !(q >= 0 && q <= 1)))
    throw refuse('`q`, from 0 to 1, is for quantile, which needs it');
  if (
    (aggregate === 'ewma') !== (halfLife !== undefined) ||
    (halfLife !== undefined && !isPositive(halfLife))
  )
    throw refuse('a half-life is for ewma, which needs it');
  if (accuracy === 'sketch' && aggregate !== 'quantile') throw refuse('`accuracy: sketch` is for quantile');
  if ((accuracy === 'tiled') !== (tile !== undefined) || (tile !== undefined && !isPositive(tile)))
    throw refuse('`accuracy: tiled` and `tile` need each other');
  if (accuracy === 'tiled' && window === undefined) throw refuse('`accuracy: tiled` needs `window`');
  if (accuracy === 'tiled' && FAMILIES[familyOf(feature)].tile === undefined)
    throw refuse(`${aggregate} cannot be \`accuracy: tiled\``);
};

const isPositive = (value: number): boolean => Number.isSafeInteger(value) && value > 0;

const isNumeric = (type: FieldType): boolean => type === 'number' || type === 'integer' || type === 'boolean';

/** Numbers, and booleans as 1 and 0; NaN for everything else, never -0. */
export const toNumber = (value: unknown): number =>
  typeof value === 'number' ? value + 0 : value === true ? 1 : value === false ? 0 : NaN;

/** Magnitudes that cannot be squared exactly (2^450 and more, infinities) count as null. */
const withinReach = (value: number): number =>
  value < 2.9073548971824276e135 && value > -2.9073548971824276e135 ? value : NaN;

const finiteOrNaN = (value: number): number => (value - value === 0 ? value : NaN);
const presence = (value: unknown): number => (value === null ? NaN : 0);
const milliseconds = (value: unknown): number => (value instanceof Date ? value.getTime() : NaN);
const zero = (): number => 0;

/** A column of plain numbers, to be filled in. */
const NUMBERS = { scale: 1, isText: false, read: (): number => NaN, text: (): null => null };

const reader = (expression: CompiledExpression, convert: (value: unknown) => number): Column['read'] => {
  const { field } = expression;
  if (field !== undefined && expression.resultType !== 'timestamp')
    return (event) => convert(event[field] ?? null);
  return (event, onError) => {
    try {
      return convert(expression.evaluate(event));
    } catch {
      onError();
      return NaN;
    }
  };
};

const textReader =
  (expression: CompiledExpression): Column['text'] =>
  (event, onError) => {
    try {
      const value = expression.evaluate(event);
      return typeof value === 'string' ? value : null;
    } catch {
      onError();
      return null;
    }
  };
