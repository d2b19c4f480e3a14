import { checkEvent, upcast, type EventContract } from '#contracts';
import { canonicalJson, messageOf, type CanonicalValue } from '#kernel';
import { illegalChanges, type JsonSchema } from './compare-schemas';

/** A contract as it is published: plain JSON, for ever. */
export interface FrozenContract {
  readonly type: string;
  readonly version: number;
  readonly topic: string;
  readonly key: string;
  readonly owner: string;
  readonly meaning: string;
  readonly schema: JsonSchema;
  readonly sample: unknown;
}

export interface ContractFault {
  readonly type: string;
  readonly version: number;
  /** `not-frozen` and `words` are mended by writing; the others by changing the code. */
  readonly rule: 'not-frozen' | 'words' | 'differs' | 'sample' | 'illegal-change' | 'gone';
  readonly message: string;
}

export const freeze = ({
  type,
  version,
  topic,
  key,
  owner,
  meaning,
  schema,
  sample,
}: EventContract): FrozenContract =>
  JSON.parse(JSON.stringify({ type, version, topic, key, owner, meaning, schema, sample })) as FrozenContract;

/** All that is wrong between the contracts of the code and the copies that were frozen before. Pure. */
export const checkContracts = (
  contracts: readonly EventContract[],
  frozen: readonly FrozenContract[],
): readonly ContractFault[] => [
  ...contracts.flatMap((contract) => checkContract(contract, versionsOf(frozen, contract.type))),
  ...gone(contracts, frozen),
];

const versionsOf = (frozen: readonly FrozenContract[], type: string): ReadonlyMap<number, FrozenContract> =>
  new Map(frozen.filter((copy) => copy.type === type).map((copy) => [copy.version, copy]));

const checkContract = (
  contract: EventContract,
  copies: ReadonlyMap<number, FrozenContract>,
): readonly ContractFault[] => {
  const { type, version } = contract;
  const fault = (rule: ContractFault['rule'], message: string, of = version): ContractFault => ({
    type,
    version: of,
    rule,
    message,
  });
  const now = freeze(contract);
  const copy = copies.get(version);
  const faults: ContractFault[] = [...brokenSample(contract)];
  for (let earlier = 1; earlier < version; earlier++) {
    const old = copies.get(earlier);
    if (!old) faults.push(fault('gone', 'its frozen copy is gone; values of it stand on the log', earlier));
    else faults.push(...unreadable(contract, old));
  }
  for (const later of copies.keys()) {
    if (later > version)
      faults.push(fault('gone', `it is frozen, but the code has version ${version}`, later));
  }
  if (!copy) return [...faults, fault('not-frozen', 'it has no frozen copy')];
  if (!same(shapeOf(copy), shapeOf(now))) {
    return [
      ...faults,
      fault(
        'differs',
        'it is not what was frozen: raise its version, and say with an upcaster what becomes of old values',
      ),
    ];
  }
  if (!same(copy, now)) faults.push(fault('words', 'its words or its sample are not those that were frozen'));
  return faults;
};

const brokenSample = (contract: EventContract): readonly ContractFault[] => {
  try {
    checkEvent(contract, contract.sample);
    return [];
  } catch (error) {
    const { type, version } = contract;
    return [{ type, version, rule: 'sample', message: `its sample breaks its schema: ${messageOf(error)}` }];
  }
};

/** Values of an earlier version must be readable today: because nothing narrowed since, or because an upcaster carries them over. */
const unreadable = (contract: EventContract, old: FrozenContract): readonly ContractFault[] => {
  const { type, version, upcasters = {} } = contract;
  const fault = (message: string): ContractFault => ({
    type,
    version,
    rule: 'illegal-change',
    message: `since version ${old.version}: ${message}`,
  });
  const isCarried = Object.keys(upcasters).some(
    (from) => Number(from) >= old.version && Number(from) < version,
  );
  if (!isCarried) return illegalChanges(old.schema, freeze(contract).schema).map(fault);
  try {
    upcast(contract, old.version, old.sample);
    return [];
  } catch (error) {
    return [fault(`the upcaster does not carry the frozen sample over: ${messageOf(error)}`)];
  }
};

const gone = (
  contracts: readonly EventContract[],
  frozen: readonly FrozenContract[],
): readonly ContractFault[] => {
  const known = new Set(contracts.map(({ type }) => type));
  return frozen
    .filter(({ type }) => !known.has(type))
    .map(({ type, version }) => ({
      type,
      version,
      rule: 'gone',
      message: 'it is frozen, but no contract of the code has this type; values of it stand on the log',
    }));
};

const same = (a: object, b: object): boolean =>
  canonicalJson(a as CanonicalValue) === canonicalJson(b as CanonicalValue);

/** What values and readers depend on; words and the sample left out. */
const shapeOf = ({ type, version, topic, owner, schema }: FrozenContract): object => ({
  type,
  version,
  topic,
  owner,
  schema: wordless(schema),
});

const wordless = (schema: JsonSchema): JsonSchema =>
  Object.fromEntries(
    Object.entries(schema)
      .filter(([name]) => name !== 'description' && name !== 'title')
      .map(([name, value]) => [name, NESTED[name]?.(value) ?? value]),
  );

const eachValue = (value: unknown): unknown =>
  Object.fromEntries(
    Object.entries(value as Record<string, JsonSchema>).map(([name, inside]) => [name, wordless(inside)]),
  );
const sorted = (value: unknown): unknown => [...(value as string[])].sort();

/** How the keywords that hold schemas, or whose order says nothing, are looked at. */
const NESTED: Readonly<Record<string, (value: unknown) => unknown>> = {
  properties: eachValue,
  patternProperties: eachValue,
  items: (value) => wordless(value as JsonSchema),
  anyOf: (value) => (value as JsonSchema[]).map(wordless),
  required: sorted,
  enum: sorted,
};
