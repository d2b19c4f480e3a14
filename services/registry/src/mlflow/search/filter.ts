import { invalid } from '../domain/refusal';
import { tokensOf, type Token } from './tokens';

/** `metrics.auc > 0.9 AND params.kind = 'gbdt'`, as MLflow's clients write it. Clauses are joined by AND alone. */
export interface Clause extends Column {
  readonly operator: Operator;
  readonly value: number | string | readonly string[] | null;
}

export type ColumnKind = 'attribute' | 'metric' | 'param' | 'tag' | 'dataset';

export interface Column {
  readonly kind: ColumnKind;
  readonly key: string;
}

export type Operator =
  '=' | '!=' | '>' | '>=' | '<' | '<=' | 'LIKE' | 'ILIKE' | 'IN' | 'NOT IN' | 'IS NULL' | 'IS NOT NULL';

/** What can be searched by, for one kind of entity. */
export interface Dialect {
  /** What an attribute holds, by its name. */
  readonly attributes: ReadonlyMap<string, 'number' | 'text'>;
  /** Other spellings of attributes. */
  readonly aliases?: ReadonlyMap<string, string>;
  readonly kinds: readonly ColumnKind[];
}

const KINDS: ReadonlyMap<string, ColumnKind> = new Map<string, ColumnKind>([
  ['attribute', 'attribute'],
  ['attributes', 'attribute'],
  ['attr', 'attribute'],
  ['run', 'attribute'],
  ['metric', 'metric'],
  ['metrics', 'metric'],
  ['param', 'param'],
  ['params', 'param'],
  ['parameter', 'param'],
  ['parameters', 'param'],
  ['tag', 'tag'],
  ['tags', 'tag'],
  ['dataset', 'dataset'],
  ['datasets', 'dataset'],
]);

const DATASET_KEYS = ['name', 'digest', 'context'];
const NUMERIC: readonly Operator[] = ['=', '!=', '>', '>=', '<', '<='];
const TEXTUAL: readonly Operator[] = ['=', '!=', 'LIKE', 'ILIKE'];

/** @throws RefusedByMlflow with what is wrong. */
export const parseFilter = (text: string | undefined, dialect: Dialect): Clause[] => {
  const tokens = tokensOf(text ?? '');
  const clauses: Clause[] = [];
  const cursor = new Cursor(tokens, text ?? '');
  while (!cursor.atEnd) {
    if (clauses.length > 0 && cursor.word() !== 'AND') throw cursor.fault();
    clauses.push(clauseAt(cursor, dialect));
  }
  return clauses;
};

class Cursor {
  private at = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly text: string,
  ) {}

  get atEnd(): boolean {
    return this.at >= this.tokens.length;
  }

  next(): Token {
    const token = this.tokens[this.at++];
    if (!token) throw this.fault();
    return token;
  }

  word(): string | undefined {
    const token = this.tokens[this.at];
    if (token?.kind !== 'word') return undefined;
    this.at++;
    return token.text;
  }

  fault(): Error {
    const token = this.tokens[Math.max(0, this.at - 1)];
    return invalid(`Invalid clause(s) in filter string: '${this.text}', near '${token?.text ?? ''}'`);
  }
}

const clauseAt = (cursor: Cursor, dialect: Dialect): Clause => {
  const name = cursor.next();
  if (name.kind !== 'identifier' && name.kind !== 'string') throw cursor.fault();
  const column = columnOf(name.text, dialect);
  const operator = operatorAt(cursor);
  const isNumeric = isNumber(column, dialect);
  if (operator === 'IS NULL' || operator === 'IS NOT NULL') {
    if (column.kind !== 'tag' && column.kind !== 'param')
      throw invalid(
        `IS NULL / IS NOT NULL is only supported for tags and params, not for '${column.kind}' '${column.key}'`,
      );
    return { ...column, operator, value: null };
  }
  if (operator === 'IN' || operator === 'NOT IN') {
    if (isNumeric || (column.kind !== 'attribute' && column.kind !== 'dataset'))
      throw invalid(`Only string attributes support comparison with a list of quoted string values.`);
    return { ...column, operator, value: listAt(cursor) };
  }
  if (!(isNumeric ? NUMERIC : TEXTUAL).includes(operator))
    throw invalid(`Invalid comparator '${operator}' for ${column.kind} '${column.key}'`);
  return { ...column, operator, value: valueAt(cursor, column, isNumeric) };
};

const operatorAt = (cursor: Cursor): Operator => {
  const token = cursor.next();
  if (token.kind === 'operator') return token.text as Operator;
  if (token.kind !== 'word') throw cursor.fault();
  if (token.text === 'LIKE' || token.text === 'ILIKE' || token.text === 'IN') return token.text;
  if (token.text === 'NOT' && cursor.word() === 'IN') return 'NOT IN';
  if (token.text === 'IS') {
    const word = cursor.word();
    if (word === 'NULL') return 'IS NULL';
    if (word === 'NOT' && cursor.word() === 'NULL') return 'IS NOT NULL';
  }
  throw cursor.fault();
};

const valueAt = (cursor: Cursor, { kind, key }: Column, isNumeric: boolean): number | string => {
  const token = cursor.next();
  if (isNumeric) {
    if (token.kind === 'number') return token.value;
    throw invalid(`Expected numeric value type for ${kind} ${key}. Found ${token.text}`);
  }
  if (token.kind === 'string') return token.text;
  throw invalid(`Expected a quoted string value for ${kind} (e.g. 'my-value'). Got value ${token.text}`);
};

const listAt = (cursor: Cursor): string[] => {
  const values: string[] = [];
  let token = cursor.next();
  if (token.text !== '(' || token.kind !== 'punctuation') throw cursor.fault();
  do {
    token = cursor.next();
    if (token.kind !== 'string')
      throw invalid('While parsing a list in the query, expected a non-empty list of string values');
    values.push(token.text);
    token = cursor.next();
  } while (token.kind === 'punctuation' && token.text === ',');
  if (token.text !== ')') throw cursor.fault();
  return values;
};

/** `metrics.auc`, `` params.`learning rate` ``, `run_name`. */
export const columnOf = (text: string, { attributes, aliases, kinds }: Dialect): Column => {
  const dot = text.startsWith('`') ? -1 : text.indexOf('.');
  const entity = dot < 0 ? 'attribute' : bare(text.slice(0, dot));
  const kind = KINDS.get(entity);
  if (kind === undefined || !kinds.includes(kind))
    throw invalid(`Invalid entity type '${entity}'. Valid values are ${JSON.stringify(kinds)}`);
  const given = bare(dot < 0 ? text : text.slice(dot + 1));
  const key = kind === 'attribute' ? (aliases?.get(given) ?? given) : given;
  if (kind === 'attribute' && !attributes.has(key))
    throw invalid(
      `Invalid attribute key '${given}' specified. Valid keys are '${JSON.stringify([...attributes.keys()])}'`,
    );
  if (kind === 'dataset' && !DATASET_KEYS.includes(key))
    throw invalid(`Invalid dataset key '${key}' specified. Valid keys are '${JSON.stringify(DATASET_KEYS)}'`);
  return { kind, key };
};

const bare = (text: string): string =>
  /^(`.*`|".*"|'.*')$/s.test(text) && text.length >= 2 ? text.slice(1, -1) : text;

const isNumber = ({ kind, key }: Column, { attributes }: Dialect): boolean =>
  kind === 'metric' || (kind === 'attribute' && attributes.get(key) === 'number');
