import type { Disposition, ErrorCode } from '#kernel';

/** What an error of the class does, where the class says it (`libs/kernel/src/errors.ts`). */
const OF_CLASS: Readonly<Record<string, Disposition>> = {
  ContractViolation: 'dead-letter',
  TransientFailure: 'retry',
  NondeterminismDetected: 'halt',
  Refused: 'refuse',
};

/** Codes that a class of errors carries by itself. */
const OWN_CODES: readonly (readonly [ErrorCode, Disposition])[] = [
  ['PLAYHEAD_DEFECT', 'halt'],
  ['PLAYHEAD_CONFIG_INVALID', 'refuse-to-start'],
  ['PLAYHEAD_LOG_OWNERSHIP_LOST', 'abandon'],
];

const OF_A_CLASS = new RegExp(`new (${Object.keys(OF_CLASS).join('|')})\\(\\s*'(PLAYHEAD_\\w+)'`, 'g');
const OF_ITS_OWN = /new PlatformError\(\s*'(PLAYHEAD_\w+)',\s*'([a-z-]+)'/g;

/** With which dispositions the code throws each error code; what is only ever answered has none. */
export const dispositionsIn = (
  files: ReadonlyMap<string, string>,
): ReadonlyMap<string, ReadonlySet<string>> => {
  const found = new Map<string, Set<string>>();
  const add = (code: string, disposition: string): void =>
    void found.set(code, (found.get(code) ?? new Set()).add(disposition));
  for (const [code, disposition] of OWN_CODES) add(code, disposition);
  for (const text of files.values()) {
    for (const [, kind, code] of text.matchAll(OF_A_CLASS)) add(code!, OF_CLASS[kind!]!);
    for (const [, code, disposition] of text.matchAll(OF_ITS_OWN)) add(code!, disposition!);
  }
  return found;
};
