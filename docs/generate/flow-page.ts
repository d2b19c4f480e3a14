import type { OnTopic, Topology } from '#contracts';
import { anchor, code, table } from './markdown';
import { isEvent, readBy, topicsOf, writtenBy } from './sources/flows';

/** Who reads and writes what: a picture, a table, and the roads of each service. */
export const flowPage = (topologies: readonly Topology[]): string =>
  [
    '# Who reads and writes what',
    'Six services, and the topics between them. A service writes its own topics and no others; producers write to the inboxes as well. Names stand below the namespace. Left out of the picture, since all have them: `<service>.dead-letters`, `<service>.snapshots`, and that a service reads back the tail of what it writes.',
    picture(topologies),
    'A dashed line: records that are looked up by position while something else is handled.',
    table(
      ['service', 'reads', 'writes'],
      topologies.map((topology) => [
        topology.service,
        topicsOf(readBy(topology)).map(code).join(', '),
        topicsOf(writtenBy(topology)).map(code).join(', '),
      ]),
    ),
    ...topologies.map(roadsOf),
  ].join('\n\n');

const picture = (topologies: readonly Topology[]): string => {
  const topics = [
    ...new Set(topologies.flatMap((topology) => topicsOf([...readBy(topology), ...writtenBy(topology)]))),
  ].filter(isDrawn);
  return [
    '```mermaid',
    'flowchart LR',
    '  producers([producers])',
    ...topologies.map(({ service }) => `  ${service}[${service}]`),
    // In quotes braces and dots need no escapes; angle brackets would.
    ...topics.map((topic) => `  ${node(topic)}[("${topic.replaceAll('<', '{').replaceAll('>', '}')}")]`),
    '  producers --> ' + node('ingestion.inbox.<stream>'),
    ...topologies.flatMap((topology) => edges(topology, topics)),
    `  classDef service fill:#dbeafe,stroke:#1d4ed8,color:#111827`,
    `  class ${topologies.map(({ service }) => service).join(',')} service`,
    '```',
  ].join('\n');
};

const edges = (topology: Topology, drawn: readonly string[]): string[] => {
  const { service, control, roads } = topology;
  const folded = topicsOf([...control, ...roads.flatMap(({ on }) => (typeof on === 'string' ? [] : on))]);
  const lookedUp = topicsOf(roads.flatMap(({ looksUp = [] }) => looksUp)).filter(
    (topic) => !folded.includes(topic),
  );
  const lines = [
    ...folded.map((topic) => [topic, `  ${node(topic)} --> ${service}`]),
    ...lookedUp.map((topic) => [topic, `  ${node(topic)} -.-> ${service}`]),
    ...topicsOf(writtenBy(topology)).map((topic) => [topic, `  ${service} --> ${node(topic)}`]),
  ];
  return lines.filter(([topic]) => drawn.includes(topic!)).map(([, line]) => line!);
};

const isDrawn = (topic: string): boolean => !/\.(dead-letters|snapshots)$/.test(topic);

/** A topic as an identifier of Mermaid. */
const node = (topic: string): string => `t_${topic.replace(/[^a-z]+/g, '_').replace(/_$/, '')}`;

const roadsOf = ({ service, control, roads }: Topology): string =>
  [
    `## ${service}`,
    `From top to bottom as in \`services/${service}/src/${service}.topology.ts\`.${
      control.length === 0
        ? ''
        : ` Its folds take their rules from ${control.map(({ topic, type }) => `${code(topic)} (${link(type)})`).join(', ')}.`
    }`,
    table(
      ['what comes in', 'who takes it', 'what goes out'],
      roads.map(({ on, by, looksUp = [], gives }) => [
        [
          typeof on === 'string' ? on : said(on),
          ...(looksUp.length === 0 ? [] : [`(looks up ${said(looksUp)})`]),
        ].join(' '),
        code(by),
        gives.length === 0 ? 'nothing: what the doors answer from' : said(gives),
      ]),
    ),
  ].join('\n\n');

/** Topics with what stands on each: `training.runs`: `training.run.started`, ... */
const said = (flows: readonly OnTopic[]): string =>
  [...new Set(flows.map(({ topic }) => topic))]
    .map((topic) => {
      const events = flows.filter((flow) => flow.topic === topic).filter(isEvent);
      return events.length === 0
        ? code(topic)
        : `${code(topic)}: ${events.map(({ type }) => link(type)).join(', ')}`;
    })
    .join('; ');

const link = (type: string): string => `[${code(type)}](events.md#${anchor(type)})`;
