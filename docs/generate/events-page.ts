import type { EventContract } from '#contracts';
import { anchor, code, table, words } from './markdown';
import { fieldsOf, type FieldSchema } from './schema-fields';

/** The event catalogue: who writes what where, then each event with its fields and a whole sample. */
export const eventsPage = (contracts: readonly EventContract[]): string => {
  const byOwner = [...contracts].sort(
    (a, b) => compare(a.owner, b.owner) || compare(a.topic, b.topic) || compare(a.type, b.type),
  );
  return [
    '# Events',
    'Every event is a CloudEvent 1.0 in Kafka binary mode: `ce_specversion`, `ce_type`, `ce_source`, `ce_id`, `ce_time` and `content-type` are headers, the value is JSON in UTF-8. Topic names stand below the namespace: `registry.models` is `playhead.registry.models` by default. The id of a derived record is the position of its source, `<partition>-<offset>`, with `.<k>` where one record gives several.',
    table(
      ['owner', 'topic', 'event', 'meaning'],
      byOwner.map(({ owner, topic, type, meaning }) => [
        owner,
        code(topic),
        `[${code(type)}](#${anchor(type)})`,
        meaning,
      ]),
    ),
    ...byOwner.map(eventSection),
  ].join('\n\n');
};

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const eventSection = ({
  type,
  version,
  topic,
  key,
  owner,
  meaning,
  schema,
  sample,
}: EventContract): string => {
  const fields = fieldsOf(schema as FieldSchema);
  return [
    `## ${type}`,
    words(meaning),
    `Version ${version}, on ${code(topic)}, written by ${owner}; key: ${words(key)}.`,
    ...(fields.length === 0
      ? []
      : [
          table(
            ['field', 'type', 'required', 'meaning'],
            fields.map(({ path, type: kind, required, meaning: said }) => [
              code(path),
              kind,
              required ? 'yes' : '',
              said,
            ]),
          ),
        ]),
    `\`\`\`json\n${JSON.stringify(sample, null, 2)}\n\`\`\``,
  ].join('\n\n');
};
