import type { CompiledFeatureService, DefinitionApplied, EventOf } from '#contracts';
import { compileService, type FeatureEngine } from '#features';

/** One revision of a feature service, ready to fold. */
export interface ServiceRevision {
  readonly revision: string;
  readonly digest: string;
  readonly compiled: CompiledFeatureService;
  readonly engine: FeatureEngine;
}

/** A feature service with every revision that holds, oldest first. Vectors carry the values of each. */
export interface ServiceDefinition {
  readonly name: string;
  readonly revisions: readonly ServiceRevision[];
}

/** All feature services as `registry.definitions` tells them: a pure fold over that topic. */
export type Services = ReadonlyMap<string, ServiceDefinition>;

export const evolveServices = (services: Services, fact: EventOf<typeof DefinitionApplied>): Services => {
  if (fact.kind !== 'FeatureService') return services;
  const compiled = fact.compiled as unknown as CompiledFeatureService;
  const before = services.get(fact.name)?.revisions ?? [];
  if (before.some(({ revision }) => revision === fact.revision)) return services;
  const revision = {
    revision: fact.revision,
    digest: fact.digest,
    compiled,
    engine: compileService(compiled.views),
  };
  return new Map(services).set(fact.name, { name: fact.name, revisions: [...before, revision] });
};

export const newest = (service: ServiceDefinition): ServiceRevision =>
  service.revisions[service.revisions.length - 1]!;

/** The `ph_definition` header: `revision=digest` of each revision whose values a vector carries. */
export const definitionHeader = (service: ServiceDefinition): string =>
  service.revisions.map(({ revision, digest }) => `${revision}=${digest}`).join(',');
