import type { EventContract, Topology } from '#contracts';
import { anchor, code, table, words } from './markdown';
import { fieldsOf, type FieldSchema } from './schema-fields';
import { readersOf } from './sources/flows';
import { sinceOf, type FrozenVersions } from './sources/frozen-versions';

export interface Catalogue {
  readonly contracts: readonly EventContract[];
  readonly topologies: readonly Topology[];
  readonly frozen: FrozenVersions;
}

/** The event catalogue: who writes what where, who reads it, then each event with its fields and a whole sample. */
export const eventsPage = ({ contracts, topologies, frozen }: Catalogue): string => {
  const byOwner = [...contracts].sort(
    (a, b) => compare(a.owner, b.owner) || compare(a.topic, b.topic) || compare(a.type, b.type),
  );
  return [
    '# Events',
    'Every event is a CloudEvent 1.0 in Kafka binary mode: `ce_specversion`, `ce_type`, `ce_source`, `ce_id`, `ce_time` and `content-type` are headers, the value is JSON in UTF-8. Topic names stand below the namespace: `registry.models` is `playhead.registry.models` by default. The id of a derived record is the position of its source, `<partition>-<offset>`, with `.<k>` where one record gives several.',
    table(
      ['owner', 'topic', 'event', 'read by', 'meaning'],
      byOwner.map((contract) => [
        contract.owner,
        code(contract.topic),
        `[${code(contract.type)}](#${anchor(contract.type)})`,
        readers(contract, topologies),
        contract.meaning,
      ]),
    ),
    ...byOwner.map((contract) => eventSection(contract, readers(contract, topologies), frozen)),
  ].join('\n\n');
};

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const readers = (contract: EventContract, topologies: readonly Topology[]): string =>
  contract.owner === 'any service'
    ? 'the service that took it'
    : readersOf(topologies, contract).join(', ') || 'whoever wants to';

const eventSection = (contract: EventContract, readBy: string, frozen: FrozenVersions): string => {
  const { type, version, topic, key, owner, meaning, schema, sample } = contract;
  const since = sinceOf(frozen.get(type) ?? new Map<number, FieldSchema>());
  // A column of ones says nothing: it stands where there is more than one version.
  const dated = version > 1;
  return [
    `## ${type}`,
    words(meaning),
    `On ${code(topic)}, written by ${owner}, read by ${readBy}; key: ${words(key)}.`,
    `Version ${version}${dated ? ', which reads all before it' : ', the first'}; frozen as [schemas/${type}/${version}.json](../../schemas/${type}/${version}.json).`,
    ...fieldTables(schema as FieldSchema, dated ? (path) => String(since.get(path) ?? version) : undefined),
    `\`\`\`json\n${JSON.stringify(sample, null, 2)}\n\`\`\``,
  ].join('\n\n');
};

/** One table; of a value that takes several shapes one for each, under what tells them apart. */
const fieldTables = (schema: FieldSchema, since?: (path: string) => string): string[] => {
  if (schema.anyOf)
    return schema.anyOf.flatMap((shape) => [
      `Where ${Object.entries(shape.properties ?? {})
        .filter(([, field]) => field.const !== undefined)
        .map(([name, field]) => `${code(name)} is ${code(String(field.const))}`)
        .join(' and ')}:`,
      ...fieldTables(shape, since),
    ]);
  const fields = fieldsOf(schema);
  if (fields.length === 0) return [];
  return [
    table(
      ['field', 'type', 'required', ...(since ? ['since version'] : []), 'meaning'],
      fields.map(({ path, type, required, meaning }) => [
        code(path),
        type,
        required ? 'yes' : '',
        ...(since ? [since(path)] : []),
        meaning,
      ]),
    ),
  ];
};
