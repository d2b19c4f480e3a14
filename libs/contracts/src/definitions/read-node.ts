import { isAlias, isMap, isScalar, isSeq, type Document, type LineCounter, type Node, type Pair } from 'yaml';
import { nearest, type DefinitionFault } from './fault';

/** The part of JSON Schema that the definitions use. */
export interface Schema {
  readonly type?: string;
  readonly title?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
}

export const ANYTHING: Schema = {};

export type Path = readonly (string | number)[];

export interface Place {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

/** Words of other tools, for suggestions. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  float: 'number', double: 'number', decimal: 'number', int: 'integer', long: 'integer', bool: 'boolean', text: 'string', str: 'string',
  datetime: 'timestamp', date: 'timestamp', avg: 'mean', average: 'mean', stddev: 'std', var: 'variance', latest: 'last', xgboost: 'gbdt',
  lightgbm: 'gbdt', auc: 'roc_auc', ap: 'average_precision', classification: 'binary', event_time: 'time', timestamp: 'time', source: 'stream',
}; // prettier-ignore

const suggest = (word: string, candidates: readonly string[]): string | undefined => {
  const known = OTHER_WORDS[word.toLowerCase()];
  return known !== undefined && candidates.includes(known) ? known : nearest(word, candidates);
};

/** Reads one YAML document against a schema; every fault gets its place, and reading goes on. */
export class NodeReader {
  readonly faults: DefinitionFault[] = [];
  /** Begins the message of each fault, such as `Stream transactions`; empty until known. */
  subject = '';

  constructor(
    private readonly file: string,
    private readonly document: Document.Parsed | Document,
    private readonly lines: LineCounter | null,
  ) {}

  /** The place of the value at a path, or of its nearest parent that exists; of the key, where `key` says so. */
  locate(path: Path, which: 'value' | 'key' = 'value'): Place {
    let node = resolve(this.document.contents, this.document);
    let place = this.placeOf(node);
    for (const [depth, step] of path.entries()) {
      if (isMap(node)) {
        const pair: Pair | undefined = node.items.find(
          (item) => isScalar(item.key) && item.key.value === step,
        );
        if (!pair) break;
        const value = (pair.value ?? null) as Node | null;
        place = this.placeOf(
          which === 'key' && depth === path.length - 1 ? (pair.key as Node) : (value ?? (pair.key as Node)),
        );
        node = resolve(value, this.document);
      } else if (isSeq(node)) {
        const item = node.items[Number(step)] as Node | undefined;
        if (!item) break;
        place = this.placeOf(item);
        node = resolve(item, this.document);
      } else break;
    }
    return place;
  }

  fault(place: Place, message: string, suggestion?: string): undefined {
    const subject = this.subject === '' ? '' : `${this.subject}: `;
    this.faults.push({
      ...place,
      message: `${subject}${message}`,
      ...(suggestion === undefined ? {} : { suggestion }),
    });
  }

  /** The value, or undefined after a fault. What an empty schema stands for is not read. */
  read(node: unknown, schema: Schema, path: Path): unknown {
    if (schema === ANYTHING) return undefined;
    const target = resolve(node, this.document);
    if (schema.anyOf) return this.readUnion(target, schema, path);
    if (schema.type === 'object')
      return isMap(target) ? this.readMap(target, schema, path) : this.mismatch(target, schema, path);
    if (schema.type === 'array') {
      if (!isSeq(target) || target.items.length < (schema.minItems ?? 0))
        return this.mismatch(target, schema, path);
      return target.items.map((item, index) => this.read(item, schema.items!, [...path, index]));
    }
    return isScalar(target) && accepts(schema, target.value)
      ? target.value
      : this.mismatch(target, schema, path);
  }

  private readUnion(target: Node | null, schema: Schema, path: Path): unknown {
    const fitting = schema.anyOf!.find((option) =>
      option.type === 'object'
        ? isMap(target)
        : option.type === 'array'
          ? isSeq(target)
          : isScalar(target) && accepts(option, target.value),
    );
    return fitting ? this.read(target, fitting, path) : this.mismatch(target, schema, path);
  }

  private readMap(map: { items: Pair[] }, schema: Schema, path: Path): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    const properties = schema.properties ?? {};
    const patterns = Object.entries(schema.patternProperties ?? {});
    for (const pair of map.items) {
      const key = isScalar(pair.key) ? String(pair.key.value) : undefined;
      const named = key !== undefined && Object.hasOwn(properties, key) ? properties[key] : undefined;
      const child =
        named ?? patterns.find(([pattern]) => key !== undefined && new RegExp(pattern, 'u').test(key))?.[1];
      if (key === undefined || child === undefined || key === '__proto__') {
        this.unknownKey(pair, key, schema, path);
        continue;
      }
      const value = this.read(pair.value, child, [...path, key]);
      if (value !== undefined) result[key] = value;
    }
    for (const key of schema.required ?? []) {
      const present = map.items.some((pair) => isScalar(pair.key) && pair.key.value === key);
      if (!present) this.fault(this.locate(path, 'key'), `missing \`${key}\` in ${dotted(path)}`);
    }
    return result;
  }

  private unknownKey(pair: Pair, key: string | undefined, schema: Schema, path: Path): void {
    const place = this.placeOf((pair.key ?? null) as Node | null);
    if (key === undefined) return this.fault(place, `a key in ${dotted(path)} is not a text`);
    if (schema.patternProperties)
      return this.fault(
        place,
        `\`${key}\` in ${dotted(path)} is not an identifier of letters, digits and \`_\``,
      );
    const candidates = Object.keys(schema.properties ?? {});
    this.fault(place, `unknown key \`${key}\` in ${dotted(path)}`, suggest(key, candidates));
  }

  private mismatch(node: Node | null, schema: Schema, path: Path): undefined {
    const word = isScalar(node) && typeof node.value === 'string' ? node.value : undefined;
    const options = valuesOf(schema).map(String);
    const place = node && this.lines && node.range ? this.placeOf(node) : this.locate(path);
    return this.fault(
      place,
      `${dotted(path)} must be ${describe(schema)}, not ${found(node)}`,
      word === undefined ? undefined : suggest(word, options),
    );
  }

  private placeOf(node: Node | null): Place {
    if (this.lines === null) return { path: this.file, line: 0, column: 0 };
    const { line, col } = this.lines.linePos(node?.range?.[0] ?? 0);
    return { path: this.file, line: Math.max(line, 1), column: Math.max(col, 1) };
  }
}

/** `spec.features[2].window`, or `the definition` for no path. */
export const dotted = (path: Path): string =>
  path.length === 0
    ? 'the definition'
    : path
        .map((step, depth) => (typeof step === 'number' ? `[${step}]` : depth === 0 ? step : `.${step}`))
        .join('');

const resolve = (node: unknown, document: Document): Node | null => {
  if (isAlias(node)) return (node.resolve(document) as Node | undefined) ?? null;
  return (node ?? null) as Node | null;
};

const accepts = (schema: Schema, value: unknown): boolean => {
  if (schema.const !== undefined) return value === schema.const;
  if (schema.enum) return schema.enum.includes(value);
  switch (schema.type) {
    case 'string': {
      if (typeof value !== 'string') return false;
      if (value.length < (schema.minLength ?? 0) || value.length > (schema.maxLength ?? Infinity))
        return false;
      return schema.pattern === undefined || new RegExp(schema.pattern, 'u').test(value);
    }
    case 'number':
    case 'integer': {
      if (typeof value !== 'number' || !Number.isFinite(value)) return false;
      if (schema.type === 'integer' && !Number.isSafeInteger(value)) return false;
      if (schema.exclusiveMinimum !== undefined && value <= schema.exclusiveMinimum) return false;
      return value >= (schema.minimum ?? -Infinity) && value <= (schema.maximum ?? Infinity);
    }
    case 'boolean':
      return typeof value === 'boolean';
    case 'null':
      return value === null;
    default:
      return false;
  }
};

const valuesOf = (schema: Schema): readonly unknown[] =>
  schema.enum ?? (schema.const === undefined ? (schema.anyOf ?? []).flatMap(valuesOf) : [schema.const]);

const describe = (schema: Schema): string => {
  if (schema.anyOf) return schema.anyOf.map(describe).join(' or ');
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum)
    return schema.enum.length === 1 ? `\`${String(schema.enum[0])}\`` : `one of ${schema.enum.join(', ')}`;
  if (schema.title !== undefined && schema.type === 'string') return schema.title;
  switch (schema.type) {
    case 'object':
      return schema.title === undefined ? 'a mapping' : `a mapping (${schema.title})`;
    case 'array':
      return (schema.minItems ?? 0) > 0 ? 'a list with at least one item' : 'a list';
    case 'number':
    case 'integer':
      return `a ${schema.type === 'integer' ? 'whole ' : ''}number${range(schema)}`;
    case 'boolean':
      return 'true or false';
    case 'null':
      return 'null';
    default:
      return 'a text';
  }
};

const range = ({ minimum, maximum, exclusiveMinimum }: Schema): string => {
  if (exclusiveMinimum !== undefined) return ` above ${exclusiveMinimum}`;
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  return minimum === undefined ? '' : ` of at least ${minimum}`;
};

const found = (node: Node | null): string => {
  if (isMap(node)) return node.items.length === 0 ? 'an empty mapping' : 'a mapping';
  if (isSeq(node)) return node.items.length === 0 ? 'an empty list' : 'a list';
  if (!isScalar(node) || node.value === null) return 'nothing';
  const text = typeof node.value === 'string' ? JSON.stringify(node.value) : String(node.value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};
