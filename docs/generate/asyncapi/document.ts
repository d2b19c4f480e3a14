import { INBOX, deadLettersOf, type EventContract, type OnTopic, type Topology } from '#contracts';
import { DEAD_LETTER_TYPE } from '#eventlog';
import { isEvent, readBy, writtenBy } from '../sources/flows';
import { PARAMETERS, channelIdOf, channelOf, keyBinding } from './channels';
import { DEAD_LETTER_SCHEMA, ENVELOPE_SCHEMA } from './headers';

const DEAD_LETTERS = deadLettersOf('<service>');
const INBOX_MESSAGE = 'ingestion.inbox.record';

/** AsyncAPI 3.0: every topic as a channel, every event as a message, every service as an application that sends and receives. */
export const asyncApiDocument = (
  topologies: readonly Topology[],
  contracts: readonly EventContract[],
): object => {
  const services = topologies.map(({ service }) => service);
  return {
    asyncapi: '3.0.0',
    id: 'urn:playhead:log',
    info: {
      title: 'Playhead on the log',
      version: '1.0.0',
      description:
        'Six services that talk to each other through Kafka topics and nothing else. Every event is a CloudEvent 1.0 in Kafka binary mode; the value is JSON in UTF-8, described by its message. An operation is what one service does, and carries its tag. Partitions of topics with a parameter are those of the stream behind them (8 by default, for ever); a consumer drops what it has seen by source position.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
      contact: { name: 'The maintainers of Playhead' },
      tags: [
        { name: 'producers', description: 'programs outside that stream events in' },
        ...services.map((name) => ({ name, description: `the service ${name}` })),
      ],
    },
    defaultContentType: 'application/json',
    servers: {
      local: {
        host: '127.0.0.1:9092',
        protocol: 'kafka',
        description: 'the local broker of `./playhead up`; `status` says its port',
      },
    },
    channels: channels(contracts, services),
    operations: operations(
      topologies,
      contracts.filter(({ owner }) => owner === 'any service'),
    ),
    components: {
      parameters: PARAMETERS,
      schemas: schemas(contracts),
      messages: messages(topologies, contracts),
    },
  };
};

const channels = (contracts: readonly EventContract[], services: readonly string[]): object => {
  const events = contracts.map(({ topic }) => topic);
  const topics = [...new Set([...events, INBOX.topic, DEAD_LETTERS.topic])].sort();
  return Object.fromEntries(
    topics.map((topic) => {
      const types = contracts.filter((contract) => contract.topic === topic).map(({ type }) => type);
      return [
        channelIdOf(topic),
        channelOf(topic, topic, types.length > 0 ? types : [messageOf(topic)], services),
      ];
    }),
  );
};

/** Message of a topic whose records are no events. */
const messageOf = (topic: string): string => (topic === INBOX.topic ? INBOX_MESSAGE : DEAD_LETTER_TYPE);

/** `shared`: what every service writes and reads back. */
const operations = (topologies: readonly Topology[], shared: readonly EventContract[]): object =>
  Object.fromEntries([
    operation('producers', 'send', INBOX.topic, [INBOX]),
    ...topologies.flatMap((topology) => {
      const of = (action: 'send' | 'receive', flows: readonly OnTopic[]) =>
        byTopic(flows).map(([topic, on]) => operation(topology.service, action, topic, on));
      return [
        ...of('receive', [...readBy(topology), ...shared]),
        ...of('send', [...writtenBy(topology), ...shared, DEAD_LETTERS]),
      ];
    }),
  ]);

const operation = (
  application: string,
  action: 'send' | 'receive',
  topic: string,
  flows: readonly OnTopic[],
): [string, object] => {
  const channel = `#/channels/${channelIdOf(topic)}`;
  const types = flows.map((flow) => (isEvent(flow) ? flow.type : messageOf(flow.topic)));
  return [
    `${application}.${action}.${channelIdOf(topic)}`,
    {
      action,
      channel: { $ref: channel },
      summary: `${application}: ${action === 'send' ? 'writes' : 'reads'} ${topic}`,
      tags: [{ name: application }],
      messages: types.map((type) => ({ $ref: `${channel}/messages/${type}` })),
    },
  ];
};

/** A service's own dead letters and snapshots stand on the channel that all services share. */
const byTopic = (flows: readonly OnTopic[]): (readonly [string, readonly OnTopic[]])[] => {
  const found = new Map<string, OnTopic[]>();
  for (const flow of flows) {
    const topic = /\.dead-letters$/.test(flow.topic) ? DEAD_LETTERS.topic : flow.topic;
    found.set(topic, [...(found.get(topic) ?? []), flow]);
  }
  return [...found].map(([topic, on]) => [topic, topic === DEAD_LETTERS.topic ? [DEAD_LETTERS] : on]);
};

const schemas = (contracts: readonly EventContract[]): object => ({
  Envelope: ENVELOPE_SCHEMA,
  DeadLetterHeaders: DEAD_LETTER_SCHEMA,
  // Schemas carry marks of the library that made them; what JSON leaves of them is JSON Schema.
  ...Object.fromEntries(
    contracts.map(({ type, schema }) => [type, JSON.parse(JSON.stringify(schema)) as object]),
  ),
});

const messages = (topologies: readonly Topology[], contracts: readonly EventContract[]): object => ({
  ...Object.fromEntries(contracts.map((contract) => [contract.type, eventMessage(contract, topologies)])),
  [INBOX_MESSAGE]: {
    name: INBOX_MESSAGE,
    title: 'an event as it was sent',
    summary: INBOX.meaning,
    contentType: 'application/json',
    tags: [{ name: 'producers' }],
    payload: {
      type: 'object',
      description: 'the fields of the Stream definition, or a CloudEvent with them as data',
    },
    bindings: keyBinding(INBOX.key),
  },
  [DEAD_LETTER_TYPE]: {
    name: DEAD_LETTER_TYPE,
    title: 'what could not be handled',
    summary: DEAD_LETTERS.meaning,
    contentType: 'application/octet-stream',
    headers: { $ref: '#/components/schemas/DeadLetterHeaders' },
    payload: { type: 'string', format: 'binary', description: 'the value of the record, as it was' },
    bindings: keyBinding(DEAD_LETTERS.key),
  },
});

const eventMessage = (contract: EventContract, topologies: readonly Topology[]): object => {
  const { type, version, key, owner, meaning, sample } = contract;
  return {
    name: type,
    title: type,
    summary: meaning,
    description: `Version ${version}, frozen as schemas/${type}/${version}.json.`,
    contentType: 'application/json',
    tags: owner === 'any service' ? topologies.map(({ service }) => ({ name: service })) : [{ name: owner }],
    headers: {
      allOf: [
        { $ref: '#/components/schemas/Envelope' },
        { type: 'object', properties: { ce_type: { type: 'string', const: type } } },
      ],
    },
    payload: { $ref: `#/components/schemas/${type}` },
    bindings: keyBinding(key),
    examples: [{ name: 'sample', headers: sampleHeaders(contract, topologies), payload: sample as object }],
  };
};

const sampleHeaders = (contract: EventContract, topologies: readonly Topology[]): object => {
  const road = topologies
    .flatMap(({ roads }) => roads)
    .find(({ gives }) => gives.some((flow) => isEvent(flow) && flow.type === contract.type));
  const from = road && typeof road.on !== 'string' ? road.on[0] : undefined;
  return {
    ce_specversion: '1.0',
    ce_type: contract.type,
    ce_source: from?.topic.replace('<stream>', 'transactions').replace(/<[a-z]+>/, 'fraud') ?? contract.owner,
    ce_id: from ? '2-18273' : '0198c0de-0001',
    ce_time: '2018-05-01T10:03:11.000Z',
    'content-type': 'application/json',
  };
};
