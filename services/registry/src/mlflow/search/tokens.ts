import { invalid } from '../domain/refusal';

export type Token =
  | { readonly kind: 'identifier'; readonly text: string }
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'operator'; readonly text: string }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'number'; readonly text: string; readonly value: number }
  | { readonly kind: 'punctuation'; readonly text: '(' | ')' | ',' };

const WORDS = new Set(['AND', 'OR', 'NOT', 'IN', 'LIKE', 'ILIKE', 'IS', 'NULL', 'ASC', 'DESC']);
const SPACE = /\s+/y;
const OPERATOR = /!=|>=|<=|=|<|>/y;
const NUMBER = /[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?=[\s),]|$)/y;
const STRING = /'(?:''|\\'|[^'])*'|"(?:""|\\"|[^"])*"/y;
/** Names with dots between them, each bare or in backticks or double quotes. */
const IDENTIFIER = /[^\s=<>!(),'"`](?:`[^`]*`|"[^"]*"|[^\s=<>!(),'"`])*|`[^`]*`/y;

/** Cuts a filter or an order into tokens; time linear in its length. @throws RefusedByMlflow where something is no token. */
export const tokensOf = (text: string): Token[] => {
  const tokens: Token[] = [];
  let at = 0;
  const next = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(text)?.[0];
    if (match !== undefined) at += match.length;
    return match;
  };
  while (at < text.length) {
    if (next(SPACE) !== undefined) continue;
    const first = text[at]!;
    if (first === '(' || first === ')' || first === ',') {
      tokens.push({ kind: 'punctuation', text: first });
      at++;
      continue;
    }
    const operator = next(OPERATOR);
    if (operator !== undefined) {
      tokens.push({ kind: 'operator', text: operator });
      continue;
    }
    const number = next(NUMBER);
    if (number !== undefined) {
      tokens.push({ kind: 'number', text: number, value: Number(number) });
      continue;
    }
    const quoted = next(STRING);
    if (quoted !== undefined) {
      tokens.push({ kind: 'string', text: unquoted(quoted) });
      continue;
    }
    const name = next(IDENTIFIER);
    if (name === undefined) throw invalid(`Invalid clause(s) in filter string: '${text.slice(at, at + 50)}'`);
    if (WORDS.has(name.toUpperCase())) tokens.push({ kind: 'word', text: name.toUpperCase() });
    else tokens.push({ kind: 'identifier', text: name });
  }
  return tokens;
};

const unquoted = (text: string): string => {
  const quote = text[0]!;
  return text
    .slice(1, -1)
    .replaceAll(quote + quote, quote)
    .replaceAll(`\\${quote}`, quote);
};
