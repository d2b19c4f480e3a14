import {
  DefinitionActivated,
  DefinitionApplied,
  DefinitionRetired,
  decodeEvent,
  readEnvelope,
  type CompiledFeatureService,
  type EventOf,
} from '#contracts';
import type { LogRecord } from '#eventlog';
import { compileRevision, type RevisionEngines } from '../stages/revision-stages';

/** One revision of a feature service, ready to fold. */
export interface ServiceRevision extends RevisionEngines {
  readonly revision: string;
  readonly digest: string;
  readonly compiled: CompiledFeatureService;
}

/** What vectors are made with. */
export interface CarriedService {
  readonly name: string;
  /** Those that vectors carry the values of, oldest first; never empty. */
  readonly revisions: readonly ServiceRevision[];
}

/** A feature service with all of its revisions, oldest first. */
export interface ServiceDefinition extends CarriedService {
  /** Applied, and not carried before they are warm. */
  readonly warming: readonly ServiceRevision[];
  /** Not carried any more, or never. */
  readonly retired: readonly ServiceRevision[];
}

/** All feature services as `registry.definitions` tells them: a pure fold over that topic. */
export type Services = ReadonlyMap<string, ServiceDefinition>;

/** The services after a fact of `registry.definitions`; one that tells nothing of them leaves them as they are. */
export const servicesAfter = (
  services: Services,
  { headers, value }: Pick<LogRecord, 'headers' | 'value'>,
): Services => {
  switch (readEnvelope(headers).type) {
    case DefinitionApplied.type:
      return evolveServices(services, decodeEvent(DefinitionApplied, value));
    case DefinitionActivated.type:
      return activate(services, decodeEvent(DefinitionActivated, value));
    case DefinitionRetired.type:
      return retire(services, decodeEvent(DefinitionRetired, value));
    default:
      return services;
  }
};

/** The first revision of a service is carried at once: nothing was folded before it that it would have to be warm for. */
export const evolveServices = (services: Services, fact: EventOf<typeof DefinitionApplied>): Services => {
  if (fact.kind !== 'FeatureService') return services;
  const compiled = fact.compiled as unknown as CompiledFeatureService;
  const before = services.get(fact.name);
  if (before && allRevisions(before).some(({ revision }) => revision === fact.revision)) return services;
  const revision: ServiceRevision = {
    revision: fact.revision,
    digest: fact.digest,
    compiled,
    ...compileRevision(compiled),
  };
  const { name } = fact;
  return new Map(services).set(
    name,
    before
      ? { ...before, warming: [...before.warming, revision] }
      : { name, revisions: [revision], warming: [], retired: [] },
  );
};

type Named = Pick<EventOf<typeof DefinitionActivated>, 'name' | 'revision'>;

const activate = (services: Services, { name, revision }: Named): Services => {
  const service = services.get(name);
  const found = service?.warming.find((known) => known.revision === revision);
  if (!service || !found) return services;
  const warming = service.warming.filter((known) => known !== found);
  return new Map(services).set(name, {
    ...service,
    revisions: [...service.revisions, found].sort(byNumber),
    warming,
  });
};

const retire = (services: Services, { name, revision }: Named): Services => {
  const service = services.get(name);
  const found =
    service && [...service.revisions, ...service.warming].find((known) => known.revision === revision);
  if (!found) return services;
  const without = (list: readonly ServiceRevision[]): readonly ServiceRevision[] =>
    list.filter((known) => known !== found);
  return new Map(services).set(name, {
    ...service,
    revisions: without(service.revisions),
    warming: without(service.warming),
    retired: [...service.retired, found],
  });
};

const byNumber = (a: ServiceRevision, b: ServiceRevision): number => Number(a.revision) - Number(b.revision);

/** Every revision that was ever applied, in no order. */
export const allRevisions = ({
  revisions,
  warming,
  retired,
}: ServiceDefinition): readonly ServiceRevision[] => [...revisions, ...warming, ...retired];

/** The newest revision that vectors carry. */
export const newest = (service: CarriedService): ServiceRevision =>
  service.revisions[service.revisions.length - 1]!;

/** The `ph_definition` header: `revision=digest` of each revision whose values a vector carries. */
export const definitionHeader = ({ revisions }: Pick<CarriedService, 'revisions'>): string =>
  revisions.map(({ revision, digest }) => `${revision}=${digest}`).join(',');
