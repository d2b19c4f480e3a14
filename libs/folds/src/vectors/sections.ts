import { perSectionRecord, type Section, type Sections } from '#eventlog';
import { inSteps } from '../in-steps';
import type { FeatureState } from '#features';
import type { ServiceDefinition, ServiceRevision } from './services';
import { compileRevisionFold } from './vector';

/** The windows of one revision on the trigger's own key. */
export const sectionOf = (revision: ServiceRevision): Section<FeatureState> => {
  const { engine, digest } = revision;
  const fold = compileRevisionFold(revision);
  return {
    definition: digest,
    initial: () => engine.createState(),
    fold: perSectionRecord((state, record) => fold(state, record.value)),
    encode: (state) => inSteps(engine.encodeInSteps(state)),
    decode: (bytes) => engine.decodeState(bytes),
  };
};

const made = new WeakMap<ServiceDefinition, Sections>();

/** The sections of a service's own fold: what vectors carry, and what is warmed up to be carried later. */
export const sectionsOf = (service: ServiceDefinition): Sections => {
  let sections = made.get(service);
  if (!sections) {
    sections = { carried: distinct(service.revisions), warming: distinct(service.warming) };
    made.set(service, sections);
  }
  return sections;
};

/** By definition: two revisions that compute the same share their state. */
const distinct = (revisions: readonly ServiceRevision[]): Section[] => [
  ...new Map(revisions.map((revision) => [revision.digest, sectionOf(revision)])).values(),
];
