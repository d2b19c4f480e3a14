import type { EventContract, OnTopic, Topology } from '#contracts';

export const isEvent = (flow: OnTopic): flow is EventContract => 'schema' in flow;

/** What a service reads: its control, what its roads begin with, and what they look up. */
export const readBy = ({ control, roads }: Topology): readonly OnTopic[] =>
  distinct([
    ...control,
    ...roads.flatMap(({ on }) => (typeof on === 'string' ? [] : on)),
    ...roads.flatMap(({ looksUp = [] }) => looksUp),
  ]);

export const writtenBy = ({ roads }: Topology): readonly OnTopic[] =>
  distinct(roads.flatMap(({ gives }) => gives));

export const topicsOf = (flows: readonly OnTopic[]): readonly string[] =>
  [...new Set(flows.map(({ topic }) => topic))].sort();

/** Contracts are one object each; bytes are told apart by their topic. */
const distinct = (flows: readonly OnTopic[]): readonly OnTopic[] => [
  ...new Map(flows.map((flow) => [isEvent(flow) ? flow.type : flow.topic, flow])).values(),
];

/** The services that read an event, in their order. */
export const readersOf = (topologies: readonly Topology[], { type }: EventContract): readonly string[] =>
  topologies
    .filter((topology) => readBy(topology).some((flow) => isEvent(flow) && flow.type === type))
    .map(({ service }) => service);
