import { HEADERS, TOPICS, compileObservationReader, type EnvelopeHeader } from '#contracts';
import { perSectionRecord, type LogRecord, type Section, type Sections } from '#eventlog';
import { ContractViolation, timestampMs } from '#kernel';
import type { FeatureEvent } from '#features';
import { definitionHeader, type ServiceDefinition, type ServiceRevision } from '../vectors/services';
import { compileStageFold, type StageFold, type StagePart } from './stage-fold';

/** What an observation of the inputs says, as far as it is needed; undefined where it is not. */
export type InputReader = (stream: string, record: Pick<LogRecord, 'value'>) => FeatureEvent | undefined;

/** A definition that a stage folds, and the revisions whose values it computes: those that compute the same share one state. */
export interface StageDefinition {
  readonly definition: string;
  readonly revisions: readonly string[];
  readonly fold: StageFold;
}

/** One stage of a service under one control state. */
export interface Stage {
  /** `ph_definition` of its parts. */
  readonly header: EnvelopeHeader;
  /** Those that its parts carry. */
  readonly definitions: readonly StageDefinition[];
  readonly sections: Sections;
  readonly read: InputReader;
}

/** The stage of a service by its entity; made once for each control state. */
export const compileStage = (entity: string): ((service: ServiceDefinition | undefined) => Stage) => {
  const stages = new WeakMap<ServiceDefinition, Stage>();
  return (service) => {
    if (!service) return NO_STAGE;
    let stage = stages.get(service);
    if (!stage) stages.set(service, (stage = stageOf(service, entity)));
    return stage;
  };
};

/** Before the fact that defines the service. */
const NO_STAGE: Stage = {
  header: [HEADERS.definition, ''],
  definitions: [],
  sections: { carried: [], warming: [] },
  read: () => undefined,
};

const stageOf = (service: ServiceDefinition, entity: string): Stage => {
  const has = ({ stages }: ServiceRevision): boolean => stages.some((stage) => stage.entity === entity);
  const carried = service.revisions.filter(has);
  const definitions = byDefinition(carried).map(([definition, revisions]) => ({
    definition,
    revisions: revisions.map(({ revision }) => revision),
    fold: foldOf(revisions[0]!, entity),
  }));
  const sectionsOf = (revisions: readonly ServiceRevision[]): Section[] =>
    byDefinition(revisions).map(([, [revision]]) => sectionOf(revision!, entity));
  return {
    header: [HEADERS.definition, definitionHeader({ revisions: carried })],
    definitions,
    sections: { carried: sectionsOf(carried), warming: sectionsOf(service.warming.filter(has)) },
    read: readerOf(carried, entity),
  };
};

const byDefinition = (revisions: readonly ServiceRevision[]): [string, ServiceRevision[]][] => {
  const groups = new Map<string, ServiceRevision[]>();
  for (const revision of revisions)
    groups.set(revision.digest, [...(groups.get(revision.digest) ?? []), revision]);
  return [...groups];
};

const foldOf = ({ stages }: ServiceRevision, entity: string): StageFold =>
  compileStageFold(stages.find((stage) => stage.entity === entity)!);

/** One revision's part of a partition's state. */
const sectionOf = (revision: ServiceRevision, entity: string): Section<StagePart> => {
  const fold = foldOf(revision, entity);
  const { trigger } = revision.compiled;
  const read = readerOf([revision], entity);
  return {
    definition: revision.digest,
    initial: () => fold.initial(),
    fold: perSectionRecord((part, record) => {
      const stream = streamOf(record);
      const event = read(stream, record);
      // What the fold sets aside for want of a time is passed over here too.
      if (stream === trigger.stream) timeOf(record);
      if (event) fold.fold(part, stream, event);
    }),
    encode: (part) => fold.encode(part),
    decode: (bytes) => fold.decode(bytes),
  };
};

/** Reads, of each stream, what any of the revisions folds. */
const readerOf = (revisions: readonly ServiceRevision[], entity: string): InputReader => {
  const fields = new Map<string, Set<string>>();
  for (const { stages } of revisions)
    for (const { sources } of stages.filter((stage) => stage.entity === entity))
      for (const source of sources) {
        const known = fields.get(source.stream) ?? new Set();
        for (const field of source.fields) known.add(field);
        fields.set(source.stream, known);
      }
  const readers = new Map(
    [...fields].map(([stream, names]) => [stream, compileObservationReader([...names])]),
  );
  return (stream, { value }) => {
    const read = readers.get(stream);
    if (!read) return undefined;
    let event: unknown;
    try {
      event = read(value ?? NOTHING);
    } catch (cause) {
      throw violation('the observation is not JSON', cause);
    }
    if (typeof event !== 'object' || event === null || Array.isArray(event))
      throw violation('the observation is not an object');
    return event as FeatureEvent;
  };
};

const OBSERVATIONS = TOPICS.observations('');

/** The stream that a routed observation is of. */
export const streamOf = ({ headers }: LogRecord): string => {
  const source = headers.text(HEADERS.source) ?? '';
  if (!source.startsWith(OBSERVATIONS)) throw violation(`the input comes from ${source || 'nowhere'}`);
  return source.slice(OBSERVATIONS.length);
};

/** The event time of a routed observation. */
export const timeOf = ({ headers }: LogRecord): { readonly iso: string; readonly ms: number } => {
  const iso = headers.text(HEADERS.time) ?? '';
  const ms = timestampMs(iso);
  if (ms !== ms) throw violation('the trigger has no event time');
  return { iso, ms };
};

export const violation = (message: string, cause?: unknown): ContractViolation =>
  new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', message, { cause });

const NOTHING = Buffer.alloc(0);
