import { Refused } from '#kernel';

export const OPERATORS = ['=', '!=', '>=', '<=', '>', '<', '~'] as const;
export type Operator = (typeof OPERATORS)[number];

/** What a version has under a name of its own; `alias` is one of several. */
export const TEXT_FIELDS = [
  'model',
  'status',
  'alias',
  'trainer',
  'task',
  'run',
  'origin',
  'description',
] as const;
export type TextField = (typeof TEXT_FIELDS)[number];

export type Condition =
  | {
      readonly of: 'text';
      readonly field: TextField;
      readonly operator: '=' | '!=' | '~';
      readonly value: string;
    }
  | { readonly of: 'tag'; readonly name: string; readonly operator: '=' | '!=' | '~'; readonly value: string }
  | {
      readonly of: 'metric';
      readonly name: string;
      readonly operator: Exclude<Operator, '~'>;
      readonly value: number;
    }
  | { readonly of: 'version'; readonly operator: Exclude<Operator, '~'>; readonly value: number };

/** All must hold. A condition on what a version does not have does not hold, also one with `!=`. */
export interface VersionQuery {
  /** Parts of the model's name, of the description, of an alias or of a tag, case aside. */
  readonly words: readonly string[];
  readonly conditions: readonly Condition[];
  readonly limit: number;
}

const QUOTED = `"([^"]*)"|'([^']*)'`;
const CONDITION = String.raw`((?:metric|tag)\.[^\s=!<>~"']+|[A-Za-z_]+)\s*(!=|>=|<=|=|>|<|~)\s*(?:${QUOTED}|([^\s=<>~!"'][^\s"]*))`;
const WORD = String.raw`(?:${QUOTED}|([^\s=!<>~"'][^\s=!<>~"]*))`;
const TERM = new RegExp(String.raw`\s*(?:and\s+)?(?:${CONDITION}|${WORD})(?=\s|$)`, 'iy');

/**
 * `fraud metric.average_precision>=0.6 tag.team=risk alias=champion status!=rejected`: words and conditions, with or without `and` between
 * them; values with blanks stand in quotes. `~` means contains, case aside.
 * @throws Refused PLAYHEAD_REQUEST_INVALID, saying what can be asked.
 */
export const parseVersionQuery = (text: string, limit: number): VersionQuery => {
  const words: string[] = [];
  const conditions: Condition[] = [];
  const end = text.trimEnd().length;
  TERM.lastIndex = 0;
  for (let at = 0; at < end; at = TERM.lastIndex) {
    const match = TERM.exec(text);
    if (!match) throw wrong(`"${text.slice(at).trim()}" cannot be read`);
    const [, name, operator, ...values] = match;
    const value = values.find((each) => each !== undefined)!;
    if (name === undefined) words.push(value.toLowerCase());
    else conditions.push(conditionOf(name, operator as Operator, value));
  }
  return { words, conditions, limit };
};

const conditionOf = (name: string, operator: Operator, value: string): Condition => {
  const [kind, rest] = [name.slice(0, name.indexOf('.')), name.slice(name.indexOf('.') + 1)];
  if (kind.toLowerCase() === 'metric')
    return { of: 'metric', name: rest, operator: ordering(name, operator), value: numberOf(name, value) };
  if (kind.toLowerCase() === 'tag')
    return { of: 'tag', name: rest, operator: equality(name, operator), value };
  if (name === 'version')
    return { of: 'version', operator: ordering(name, operator), value: numberOf(name, value) };
  const field = TEXT_FIELDS.find((each) => each === name);
  if (!field)
    throw wrong(
      `there is no ${name}; there are ${TEXT_FIELDS.join(', ')}, version, metric.<name> and tag.<name>`,
    );
  return { of: 'text', field, operator: equality(name, operator), value };
};

const equality = (name: string, operator: Operator): '=' | '!=' | '~' => {
  if (operator === '=' || operator === '!=' || operator === '~') return operator;
  throw wrong(`${name} is a text: ask with =, != or ~ (contains)`);
};

const ordering = (name: string, operator: Operator): Exclude<Operator, '~'> => {
  if (operator !== '~') return operator;
  throw wrong(`${name} is a number: ask with =, !=, <, <=, > or >=`);
};

const numberOf = (name: string, text: string): number => {
  const value = Number(text);
  if (text !== '' && Number.isFinite(value)) return value;
  throw wrong(`${name} is compared with a number, not with "${text}"`);
};

const wrong = (message: string): Refused =>
  new Refused(
    'PLAYHEAD_REQUEST_INVALID',
    `${message}; write for example: fraud metric.average_precision>=0.6 tag.team=risk`,
  );
