import { formatPosition } from '#kernel';
import {
  aliasesOf,
  currentVersion,
  noteOf,
  phaseOf,
  type AppliedDefinition,
  type Deployment,
  type ModelVersion,
  type Note,
  type RegistryState,
  type Run,
} from '../domain/state';

/** What the doors answer and the read model keeps: plain data in camel case, each with the position it was decided at. */

const decided = ({ position, time }: { position: number; time: string }) => ({
  position: formatPosition(0, position),
  decidedAt: time,
});

export const definitionDocument = (definition: AppliedDefinition) => {
  const { kind, name, revision, digest, spec, compiled, applied_by: appliedBy, retired } = definition;
  const life = lifeOf(definition);
  return {
    kind,
    name,
    revision,
    digest,
    spec,
    compiled,
    appliedBy,
    retired,
    ...life,
    ...decided(definition),
  };
};

/** How far a revision is: being warmed up on so many partitions, in vectors since a position, or retired. */
export const lifeOf = (definition: AppliedDefinition) => ({
  phase: phaseOf(definition),
  warm: { partitions: definition.warm.length, of: definition.places },
  activeSince: definition.activated && decided(definition.activated),
});
export type DefinitionDocument = ReturnType<typeof definitionDocument>;

export const runDocument = (run: Run) => {
  const { request, report, status } = run;
  const ended = report?.type === 'training.run.completed' ? report.fact : undefined;
  const begun = report?.type === 'training.run.started' ? report.fact : undefined;
  const failed =
    report?.type === 'training.run.failed' || report?.type === 'training.run.rejected'
      ? report.fact
      : undefined;
  return {
    run: run.run,
    model: request.model,
    status,
    requestedBy: request.requested_by,
    requestedAt: run.time,
    updatedAt: run.updated,
    cancellationRequested: run.cancellationRequested,
    version: run.version ?? null,
    asOf: request.as_of ?? null,
    seed: request.seed,
    trainer: request.trainer,
    definition: request.definition,
    service: request.service.name,
    serviceRevision: request.service.revision,
    dataset: ended?.dataset ?? begun?.dataset ?? null,
    rows: ended?.rows ?? begun?.rows ?? null,
    cut: run.cut ?? null,
    metrics: ended?.metrics ?? null,
    seconds: ended?.seconds ?? null,
    error: failed ? { code: failed.code, message: failed.message } : null,
    logs: ended?.logs ?? (failed && 'logs' in failed ? (failed.logs ?? null) : null),
    ...decided(run),
  };
};
export type RunDocument = ReturnType<typeof runDocument>;

export const versionDocument = (version: ModelVersion, named: VersionNames) => {
  const { verdict, reviewed, check, withheld, position, time, ...fact } = version;
  const { aliases, note } = named;
  const review = verdict
    ? {
        verdict: verdict.verdict,
        by: verdict.reviewed_by,
        comment: verdict.comment ?? null,
        ...(verdict.policy === undefined ? {} : { policy: verdict.policy }),
        ...(verdict.evidence === undefined ? {} : { evidence: verdict.evidence }),
        ...decided(reviewed!),
      }
    : null;
  const status = verdict?.verdict ?? (fact.passed ? 'passed' : 'failed');
  return {
    ...fact,
    status,
    review,
    check: check ? checkDocument(check) : null,
    withheld: withheld ? withheldDocument(withheld) : null,
    aliases: [...aliases],
    tags: note.tags,
    description: note.description,
    ...decided({ position, time }),
  };
};

const withheldDocument = ({ alias, code, reason, waits, ...at }: NonNullable<ModelVersion['withheld']>) => ({
  alias,
  code,
  reason,
  waits,
  ...decided(at),
});

const checkDocument = ({
  ok,
  rows,
  answers,
  reason,
  runtime,
  ...at
}: NonNullable<ModelVersion['check']>) => ({
  ok,
  rows,
  answers: answers ?? null,
  reason: reason ?? null,
  runtime: runtime ?? null,
  ...decided(at),
});

interface VersionNames {
  readonly aliases: readonly string[];
  readonly note: Note;
}

/** What is said of a version elsewhere: the aliases that name it, its tags and description. */
export const saidOf = (state: RegistryState, version: ModelVersion): VersionNames => ({
  aliases: namesOf(state, version),
  note: noteOf(state, version.model, version.version),
});
export type VersionDocument = ReturnType<typeof versionDocument>;

/** The tags of a version over those of its model: what it is found by. */
export const tagsOf = (
  state: RegistryState,
  { model, version }: Pick<ModelVersion, 'model' | 'version'>,
): Readonly<Record<string, string>> => ({
  ...noteOf(state, model).tags,
  ...noteOf(state, model, version).tags,
});

/** The aliases that name a version now. */
const namesOf = (
  state: RegistryState,
  { model, version }: Pick<ModelVersion, 'model' | 'version'>,
): string[] =>
  aliasesOf(state, model)
    .filter((alias) => currentVersion(alias) === version)
    .map(({ alias }) => alias);

export const modelDocument = (state: RegistryState, model: string) => {
  const definition = state.definitions.get(`Model/${model}`)!;
  const latest = state.versions.get(`${model}@${state.latest.get(model) ?? 0}`);
  const { task, features, label, trainer } = definition.spec as Record<string, unknown>;
  return {
    name: model,
    task,
    service: features,
    label,
    trainer,
    revision: definition.revision,
    definition: definition.digest,
    versions: latest?.version ?? 0,
    latest: latest
      ? { version: latest.version, passed: latest.passed, metrics: latest.metrics.holdout }
      : null,
    aliases: Object.fromEntries(aliasesOf(state, model).map((alias) => [alias.alias, currentVersion(alias)])),
    approval: definition.spec['approval'] ?? null,
    environments: definition.spec['environments'] ?? null,
    ...noteOf(state, model),
    ...decided(definition),
  };
};
export type ModelDocument = ReturnType<typeof modelDocument>;

export const deploymentDocument = ({ fact, ...at }: Deployment) => {
  const { deployment: name, monitor, label, ...rest } = fact;
  return { name, ...rest, label, monitor, ...decided(at) };
};
export type DeploymentDocument = ReturnType<typeof deploymentDocument>;
