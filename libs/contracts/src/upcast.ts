import { ContractViolation, Defect } from '#kernel';
import type { Static, TSchema } from 'typebox';
import { checkEvent, type EventContract } from './define-event';

/**
 * A value as an earlier version wrote it, in the shape of the contract today. Throws ContractViolation where the version is one that
 * this release does not know yet, and where the outcome breaks the schema.
 */
export const upcast = <S extends TSchema>(
  contract: EventContract<S>,
  version: number,
  value: unknown,
): Static<S> => {
  const { type, version: newest, upcasters = {} } = contract;
  if (!Number.isInteger(version) || version < 1) throw new Defect(`${version} is not a version of ${type}`);
  if (version > newest) {
    throw new ContractViolation(
      'PLAYHEAD_CONTRACT_VIOLATED',
      `a ${type} of version ${version} was written by a newer release; this one knows versions 1 to ${newest}`,
      { details: { type, version, newest } },
    );
  }
  let carried = value;
  for (let from = version; from < newest; from++) {
    const step = upcasters[from];
    if (step) carried = step(carried as Readonly<Record<string, unknown>>);
  }
  return checkEvent(contract, carried);
};
