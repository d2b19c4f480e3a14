import { Ajv, type ValidateFunction } from 'ajv';
import type { Static, TSchema } from 'typebox';
import { ContractViolation } from '#kernel';

/** Carries a value to the next version. Pure: the same value gives the same value for ever; it changes nothing in place. */
export type Upcaster = (value: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;

/** A contract: one file for each event (style.md sentence 4). */
export interface EventContract<S extends TSchema = TSchema> {
  /** The literal on the wire, `<owner>.<thing>.<past tense>`; never a class name. */
  readonly type: string;
  /** Raised with a new shape; the old one gets an upcaster. */
  readonly version: number;
  /** Topic below the namespace; `<stream>`, `<service>`, `<deployment>` where there is one for each. */
  readonly topic: string;
  /** What the record key is. */
  readonly key: string;
  /** The service that alone writes it. */
  readonly owner:
    'ingestion' | 'feature' | 'training' | 'registry' | 'serving' | 'monitoring' | 'any service';
  /** One line. */
  readonly meaning: string;
  readonly schema: S;
  /** A whole value, used by tests, frozen beside the schema and shown in the catalogue. */
  readonly sample: Static<S>;
  /** By the version that they start from (`upcast`). A version without one only added what may be absent. */
  readonly upcasters?: Readonly<Record<number, Upcaster>>;
}

export const defineEvent = <S extends TSchema>(contract: EventContract<S>): EventContract<S> => contract;

/** The value type of an event. */
export type EventOf<C extends EventContract> = Static<C['schema']>;

const ajv = new Ajv({ allErrors: true, strict: false });
const validators = new WeakMap<TSchema, ValidateFunction>();

const validatorOf = (schema: TSchema): ValidateFunction => {
  let validate = validators.get(schema);
  if (!validate) validators.set(schema, (validate = ajv.compile(schema)));
  return validate;
};

/** Parses and checks a value from the log; throws ContractViolation that lists every fault. */
export const decodeEvent = <S extends TSchema>(
  contract: EventContract<S>,
  value: Buffer | null,
): Static<S> => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value === null ? 'null' : value.toString('utf8'));
  } catch (cause) {
    throw new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', `a ${contract.type} is not JSON`, { cause });
  }
  return checkEvent(contract, parsed);
};

/** Checks a value before it is sent or after it was parsed. */
export const checkEvent = <S extends TSchema>(contract: EventContract<S>, value: unknown): Static<S> => {
  const validate = validatorOf(contract.schema);
  if (!validate(value)) {
    const faults = (validate.errors ?? []).map(
      (error) => `${error.instancePath || '/'} ${error.message ?? 'is not valid'}`,
    );
    throw new ContractViolation(
      'PLAYHEAD_CONTRACT_VIOLATED',
      `a ${contract.type} breaks its contract: ${faults.join('; ')}`,
      { details: { faults } },
    );
  }
  return value as Static<S>;
};

/** Checks and encodes a value for the log. */
export const encodeEvent = <S extends TSchema>(contract: EventContract<S>, value: Static<S>): Buffer =>
  Buffer.from(JSON.stringify(checkEvent(contract, value)), 'utf8');
