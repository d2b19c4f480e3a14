import { TOPICS, compileProject, loadDefinitions, type CompiledFeatureService } from '#contracts';
import type { LogRecord } from '#eventlog';
import { PartitionState, compileRevision, compileVectorFold, type ServiceRevision } from '#folds';

export const VECTORS = TOPICS.vectors('spend');
export const OBSERVATIONS = TOPICS.observations('payments');
export const PARTITIONS = 2;

const project = (window: string): string => `
kind: Stream
name: payments
spec:
  key: customer
  id: id
  time: at
  partitions: ${PARTITIONS}
  fields:
    id: { type: string }
    at: { type: timestamp }
    customer: { type: string }
    amount: { type: number, decimals: 2 }
---
kind: FeatureView
name: spend
spec:
  stream: payments
  entity: customer
  features:
    - { name: n, aggregate: count, window: ${window} }
    - { name: mean, aggregate: mean, of: amount, window: ${window} }
    - { name: std, aggregate: std, of: amount, window: ${window} }
---
kind: FeatureService
name: spend
spec: { trigger: payments, views: [spend] }
`;

/** A revision of the service with windows of a width. */
export const revisionOf = (revision: string, window: string): ServiceRevision => {
  const { project: loaded } = loadDefinitions([{ path: 'p.yaml', text: project(window) }]);
  const service = compileProject(loaded, '1').find(({ kind }) => kind === 'FeatureService')!;
  const compiled = service.compiled as CompiledFeatureService;
  return { revision, digest: service.digest, compiled, ...compileRevision(compiled) };
};

/** The obvious fold of everything there is, by position. */
export const fromZero = (
  revisions: readonly ServiceRevision[],
  observations: readonly LogRecord[],
): Map<string, string> => {
  const fold = compileVectorFold({ name: 'spend', revisions });
  const states = Array.from({ length: PARTITIONS }, () => new PartitionState());
  const texts = new Map<string, string>();
  for (const { partition, offset, value } of observations) {
    if (String(value) === 'nonsense') continue;
    const position = `${partition}-${offset}`;
    texts.set(position, fold(states[partition]!, value, position).text);
  }
  return texts;
};
