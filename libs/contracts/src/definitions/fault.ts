import { Refused } from '#kernel';

/** One thing that is wrong with the definitions. */
export interface DefinitionFault {
  /** The file; `registry` for a definition that is there already and that the new ones would break. */
  readonly path: string;
  /** From 1; 0 where there is no text, as in the registry. */
  readonly line: number;
  /** From 1; 0 where there is no text. */
  readonly column: number;
  readonly message: string;
  /** What was meant, probably. */
  readonly suggestion?: string;
}

/** `fraud.yaml:12:5 unknown key `latenes` in spec; did you mean `lateness`?` */
export const formatFault = ({ path, line, column, message, suggestion }: DefinitionFault): string =>
  `${path}${line > 0 ? `:${line}:${column}` : ''} ${message}${suggestion === undefined ? '' : `; did you mean \`${suggestion}\`?`}`;

/** All faults at once, in the order of the text; `details.faults` has them one by one. */
export const definitionsRefused = (faults: readonly DefinitionFault[]): Refused =>
  new Refused(
    'PLAYHEAD_DEFINITION_INVALID',
    `${faults.length === 1 ? 'the definitions have a fault' : `the definitions have ${faults.length} faults`}:\n${faults
      .map((fault) => `  ${formatFault(fault)}`)
      .join('\n')}`,
    { details: { faults } },
  );

export const compareFaults = (a: DefinitionFault, b: DefinitionFault): number =>
  (a.path < b.path ? -1 : a.path > b.path ? 1 : 0) || a.line - b.line || a.column - b.column;

/** The candidate that was probably meant: at most a third of its letters (one at least) differ, case aside. */
export const nearest = (word: string, candidates: Iterable<string>): string | undefined => {
  let best: string | undefined;
  let smallest = Infinity;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < smallest && distance <= Math.max(1, Math.ceil(candidate.length / 3))) {
      best = candidate;
      smallest = distance;
    }
  }
  return best;
};

/** Insertions, removals, replacements and swaps of neighbours (optimal string alignment; Levenshtein, Damerau). */
const editDistance = (a: string, b: string): number => {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let distance = Math.min(replaced, previous[j]! + 1, current[j - 1]! + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        distance = Math.min(distance, before[j - 2]! + 1);
      current.push(distance);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length]!;
};
