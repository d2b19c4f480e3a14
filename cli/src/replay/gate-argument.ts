import { readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';
import { Refused } from '#kernel';
import type { Gate } from '#replay';

const CONDITION = /^([a-z_0-9]+)(?:@([0-9.]+))?\s*(>=|<=)\s*(-?[0-9.]+(?:e-?\d+)?)$/i;

/** `average_precision>=0.3`, `f1@0.7>=0.5`; or a file with `gates`, as a Model definition has them. */
export const readGates = async (argument: string): Promise<readonly Gate[]> => {
  const match = CONDITION.exec(argument.trim());
  if (match) {
    const [, metric, threshold, relation, value] = match;
    return [
      {
        metric: metric!,
        ...(threshold === undefined ? {} : { threshold: Number(threshold) }),
        ...(relation === '>=' ? { min: Number(value) } : { max: Number(value) }),
      },
    ];
  }
  if (!/\.ya?ml$/.test(argument))
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `"${argument}" is no gate; write for example average_precision>=0.3, or name a .yaml file with \`gates\``,
    );
  const gates = gatesIn(await textOf(argument));
  if (gates.length === 0)
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `${argument} has no gates; write for example\n  gates: [ { metric: average_precision, min: 0.3 } ]`,
    );
  return gates;
};

const textOf = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new Refused('PLAYHEAD_REQUEST_INVALID', `there is no file ${path}`, { cause });
  }
};

interface HasGates {
  readonly gates?: readonly Gate[];
  readonly spec?: { readonly gates?: readonly Gate[] };
}

/** A bare list, `gates: [...]`, or the gates of every Model in the file. */
const gatesIn = (text: string): readonly Gate[] =>
  parseAllDocuments(text)
    .map((document) => document.toJS() as HasGates | readonly Gate[] | null)
    .flatMap((value) => {
      if (value === null) return [];
      if ('length' in value) return value;
      return value.gates ?? value.spec?.gates ?? [];
    });
