import type { EventOf, LineageReported } from '#contracts';
import { sha256 } from '#kernel';

/** A run event of OpenLineage, spec 2-0-2. */
export type RunEvent = EventOf<typeof LineageReported>;
export type LineageDataset = RunEvent['inputs'][number];
type Facet = RunEvent['run']['facets'][string];
export type Facets = Readonly<Record<string, Facet>>;

const PRODUCER = 'urn:playhead:registry';
const SCHEMA = 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent';
const STANDARD = 'https://openlineage.io/spec/facets';

/** A facet of the spec, such as `1-0-1/ErrorMessageRunFacet`. */
export const standardFacet = (name: string, content: Readonly<Record<string, unknown>>): Facet => ({
  _producer: PRODUCER,
  _schemaURL: `${STANDARD}/${name}.json#/$defs/${name.split('/')[1]!}`,
  ...content,
});

/** What the spec has no word for: digests, offset ranges, positions. */
export const ownFacet = (of: 'run' | 'dataset', content: Readonly<Record<string, unknown>>): Facet => ({
  _producer: PRODUCER,
  _schemaURL: `urn:playhead:facet:${of}:1`,
  ...content,
});

export const dataset = (namespace: string, name: string, facets: Facets): LineageDataset => ({
  namespace,
  name,
  facets: {
    dataSource: standardFacet('1-0-1/DatasourceDatasetFacet', {
      name: namespace,
      uri: `playhead://${namespace}/${name}`,
    }),
    ...facets,
  },
});

/** Columns of numbers. */
export const schemaFacet = (names: readonly string[]): Facet =>
  standardFacet('1-2-0/SchemaDatasetFacet', { fields: names.map((name) => ({ name, type: 'double' })) });

export const versionFacet = (datasetVersion: string): Facet =>
  standardFacet('1-0-1/DatasetVersionDatasetFacet', { datasetVersion });

export const errorFacet = (message: string): Facet =>
  standardFacet('1-0-1/ErrorMessageRunFacet', { message, programmingLanguage: 'TypeScript' });

export interface RunEventParts {
  readonly type: RunEvent['eventType'];
  readonly time: string;
  readonly namespace: string;
  readonly job: string;
  readonly processing: 'BATCH' | 'STREAMING';
  /** What tells this run from all others of the namespace. */
  readonly run: string;
  readonly facets?: Facets;
  readonly inputs?: readonly LineageDataset[];
  readonly outputs?: readonly LineageDataset[];
}

export const runEvent = (parts: RunEventParts): RunEvent => ({
  eventType: parts.type,
  eventTime: parts.time,
  run: { runId: uuidOf(`${parts.namespace} ${parts.job} ${parts.run}`), facets: { ...parts.facets } },
  job: {
    namespace: parts.namespace,
    name: parts.job,
    facets: {
      jobType: standardFacet('2-0-4/JobTypeJobFacet', {
        processingType: parts.processing,
        integration: 'PLAYHEAD',
        jobType: 'JOB',
      }),
    },
  },
  inputs: [...(parts.inputs ?? [])],
  outputs: [...(parts.outputs ?? [])],
  producer: PRODUCER,
  schemaURL: SCHEMA,
});

/** A UUID that says what it was made from, and nothing else: version 8 of RFC 9562. */
export const uuidOf = (name: string): string => {
  const hex = sha256(name);
  const variant = ((parseInt(hex[16]!, 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
};
