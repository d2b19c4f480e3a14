/** The topologies as data agree with the code beside them: with its comments, the topics it names and the events it knows. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as contracts from '#contracts';
import { CONTRACTS, TOPICS, type EventContract, type OnTopic, type Topology } from '#contracts';
import { isEvent, readBy, writtenBy } from './flows';
import { TOPOLOGIES } from './services';
import { sourceFiles } from './source-files';

const root = resolve(__dirname, '..', '..', '..');
const each = TOPOLOGIES.map((topology) => [topology.service, topology] as const);

const codeOf = (service: string): string =>
  [...sourceFiles(root, `services/${service}/src`)]
    // Lineage and the console's live stream tell of the topics of others, whatever stands on them.
    .filter(([path]) => !/\.topology\.ts$|domain\/lineage\/|effects\/live\//.test(path))
    .map(([, text]) => text)
    .join('\n');
const pageOf = (service: string): string =>
  readFileSync(join(root, `services/${service}/src/${service}.topology.ts`), 'utf8');

const flowsOf = (topology: Topology): readonly OnTopic[] => [...readBy(topology), ...writtenBy(topology)];

/** `ingestion.inbox.` of `ingestion.inbox.<stream>`. */
const stem = (topic: string): string => topic.replace(/<.*$/, '');

it('gives every event from its owner, and from nobody else', () => {
  const writers = (contract: EventContract): string[] =>
    TOPOLOGIES.filter((topology) => writtenBy(topology).includes(contract)).map(({ service }) => service);
  for (const contract of CONTRACTS)
    expect([contract.type, writers(contract)]).toEqual([
      contract.type,
      contract.owner === 'any service' ? [] : [contract.owner],
    ]);
});

it.each(each)('%s: handlers are declared in the code', (service, { roads }) => {
  const libraries = ['libs/runtime/src', 'libs/folds/src'].flatMap((lib) => [
    ...sourceFiles(root, lib).values(),
  ]);
  const code = codeOf(service) + libraries.join('\n');
  const missing = roads.filter(({ by }) => !new RegExp(`(const|class|function) ${by}\\b`).test(code));
  expect(missing.map(({ by }) => by)).toEqual([]);
});

it.each(each)('%s: the comment of its topology page says the same', (service, topology) => {
  const comment = pageOf(service).split('*/')[0]!;
  const topics = [...new Set(flowsOf(topology).map(({ topic }) => topic))];
  expect(topics.filter((topic) => !comment.includes(stem(topic)) && !comment.includes(topic))).toEqual([]);
  expect(topology.roads.filter(({ by }) => !comment.includes(by)).map(({ by }) => by)).toEqual([]);

  const owners = TOPOLOGIES.map((other) => other.service).join('|');
  const named = [...comment.matchAll(new RegExp(`\\b(?:${owners})\\.[a-z.-]*[a-z](?:\\.<|\\*)?`, 'g'))]
    .map(([name]) => name.replace(/[<*]$/, ''))
    .filter((name) => !name.startsWith(`${service}.dead-letters`));
  const known = flowsOf(topology).flatMap((flow) => [flow.topic, ...(isEvent(flow) ? [flow.type] : [])]);
  expect(named.filter((name) => !known.some((one) => one.startsWith(name)))).toEqual([]);
});

/** What a service takes from libraries that know topics by themselves. */
const BEHIND: Readonly<Record<string, readonly string[]>> = {
  followDeployments: [TOPICS.deployments],
  LatestVectors: [TOPICS.vectors('<service>')],
};

it.each(each)('%s: the topics that its code names are those of the table', (service, topology) => {
  const code = `${codeOf(service)}\n${pageOf(service)}`;
  const names = [...code.matchAll(/\bTOPICS\.(\w+)/g)].map(([, name]) => name as keyof typeof TOPICS);
  const stems = [...new Set(names)].map((name) => {
    const topic = TOPICS[name];
    return stem(typeof topic === 'string' ? topic : topic('<name>', '<entity>'));
  });
  const behind = Object.entries(BEHIND)
    .filter(([name]) => code.includes(name))
    .flatMap(([, topics]) => topics.map(stem));
  // `<service>.dead-letters` and `.snapshots` begin with the name of any service: all have them.
  const named = new Set([...stems, ...behind].filter((name) => name !== ''));
  const told = new Set(flowsOf(topology).map(({ topic }) => stem(topic)));
  told.delete(TOPICS.deadLetters(service));
  // Outcomes of the registry go to the topic that their contract names.
  expect([...named].sort()).toEqual([...told].sort());
});

/** Contracts by the name that code knows them by. */
const identifiers = new Map(
  Object.entries(contracts as Record<string, unknown>).filter(([, value]) =>
    CONTRACTS.includes(value as EventContract),
  ) as [string, EventContract][],
);

it.each(each)('%s: the events that its code works with are those of the table', (service, topology) => {
  const code = codeOf(service);
  const told = new Set(flowsOf(topology).filter(isEvent));
  const used = [...identifiers].filter(([name]) => new RegExp(`\\b${name}\\b(?!\\w|')`).test(code));
  expect(used.filter(([, contract]) => !told.has(contract)).map(([name]) => name)).toEqual([]);
});
