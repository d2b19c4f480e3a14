import { deadLettersOf, unqualify, type EventContract, type OnTopic, type Topology } from '#contracts';
import { DEAD_LETTER_TYPE, readRecords, type EventLog } from '#eventlog';

/**
 * `<topic>: <event>` of every kind of record in a namespace that no topology gives, or that stands on another topic than its
 * contract says. What producers write into inboxes is theirs. Of each partition the first and the last records are looked at.
 */
export const offRoads = async (
  log: EventLog,
  namespace: string,
  topologies: readonly Topology[],
  shared: readonly EventContract[],
): Promise<string[]> => {
  const off = new Set<string>();
  for (const full of await log.listTopics(`${namespace}.`)) {
    const topic = unqualify(namespace, full);
    const allowed = new Set(
      topologies
        .flatMap(({ service, roads }) => [
          ...roads.flatMap(({ gives }) => gives),
          deadLettersOf(service),
          ...shared,
        ])
        .filter((flow) => patternOf(flow.topic).test(topic))
        .map(typeOf),
    );
    if (allowed.has(ANYTHING)) continue;
    for (const { partition, start, end } of await log.ends(full))
      for (const [from, to] of [
        [start, Math.min(end, start + LOOKED_AT)],
        [Math.min(end, Math.max(start + LOOKED_AT, end - LOOKED_AT)), end],
      ] as const)
        for await (const { headers } of readRecords(log, full, partition, from, to)) {
          const type = headers.text('ce_type') ?? 'no ce_type';
          if (!allowed.has(type)) off.add(`${topic}: ${type}`);
        }
  }
  return [...off].sort();
};

const LOOKED_AT = 2_000;
const ANYTHING = 'what producers send';

const typeOf = (flow: OnTopic): string =>
  'type' in flow ? flow.type : flow.topic.endsWith('.dead-letters') ? DEAD_LETTER_TYPE : ANYTHING;

/** `<stream>` stands for one name, which has no dot. */
const patternOf = (topic: string): RegExp =>
  new RegExp(`^${topic.replaceAll('.', '\\.').replaceAll(/<[a-z]+>/g, '[^.]+')}$`);
