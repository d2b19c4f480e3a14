import { compileProject, formatFault, resolveProject, type Definition } from '#contracts';
import { formatPosition, type ErrorCode } from '#kernel';
import { failuresOf, judgeGates } from './gates';
import type { Command, Input, InputPosition, RevisionReport, RunReport } from './inputs';
import { INPUT_CONTRACTS } from './inputs';
import type { Outcome, OutcomeOf } from './outcomes';
import { applied, labelReference, serviceReference } from './references';
import { warmPlaces } from './warm-places';
import {
  phaseOf,
  currentVersion,
  definitionsOf,
  hasEnded,
  type ModelVersion,
  type RegistryState,
} from './state';

/** What follows from an input, given everything before it. Pure: position and time of the input are parameters. */
export const decide = (state: RegistryState, input: Input, at: InputPosition): Outcome[] => {
  switch (input.type) {
    case 'definitions':
      return applyDefinitions(state, input);
    case 'training':
      return requestTraining(state, input, at);
    case 'cancellation':
      return requestCancellation(state, input);
    case 'promotion':
      return promote(state, input);
    case 'rollback':
      return rollBack(state, input);
    case 'review':
      return review(state, input);
    case 'replay':
      return reportReplay(input);
    case 'run':
      return takeOverRun(state, input);
    case 'revision':
      return activate(state, input);
  }
};

type Of<T extends Input['type']> = Extract<Input, { type: T }>;

/** The first definitions of a name, and those that are or compute something else than before, become new revisions. */
const applyDefinitions = (state: RegistryState, command: Of<'definitions'>): Outcome[] => {
  const submitted = command.value.definitions as unknown as readonly Definition[];
  const { project, faults } = resolveProject(submitted, { known: definitionsOf(state) });
  if (faults.length > 0)
    return refuse(command, 'PLAYHEAD_DEFINITION_INVALID', faults.map(formatFault).join('\n'));
  return compileProject(project, command.value.engine).flatMap(
    ({ key, kind, name, spec, digest, compiled }) => {
      const before = state.definitions.get(key);
      if (before?.digest === digest) return [];
      const fact: OutcomeOf<'definition-applied'>['fact'] = {
        kind,
        name,
        revision: String(Number(before?.revision ?? 0) + 1),
        digest,
        spec: plain(spec),
        compiled: plain(compiled),
        applied_by: command.value.actor,
      };
      return [{ type: 'definition-applied' as const, fact }];
    },
  );
};

/** As it will be read back from the log: optional members that are undefined are gone. */
const plain = (value: object): Record<string, unknown> =>
  JSON.parse(JSON.stringify(value)) as Record<string, unknown>;

const requestTraining = (state: RegistryState, command: Of<'training'>, at: InputPosition): Outcome[] => {
  const { model: name, as_of, seed, actor } = command.value;
  const model = applied(state, 'Model', name);
  if (!model) return refuse(command, 'PLAYHEAD_NOT_FOUND', `there is no model ${name}`);
  const { task, service, label, split, trainer, gates } = model.compiled;
  const fact: OutcomeOf<'training-requested'>['fact'] = {
    run: `run-${formatPosition(0, at.offset)}`,
    model: name,
    revision: model.revision,
    definition: model.digest,
    task,
    service: serviceReference(state, service),
    label: labelReference(state, label),
    split:
      split.by === 'time'
        ? { by: split.by, holdout_ms: split.holdoutMs, gap_ms: split.gapMs }
        : { by: split.by, holdout: split.holdout, seed: split.seed },
    trainer: { kind: trainer.kind, parameters: { ...trainer.parameters } },
    seed: seed ?? trainer.seed,
    ...(as_of === undefined ? {} : { as_of }),
    gates: gates.map((gate) => ({ ...gate })),
    requested_by: actor,
  };
  return [{ type: 'training-requested', fact }];
};

const requestCancellation = (state: RegistryState, command: Of<'cancellation'>): Outcome[] => {
  const run = state.runs.get(command.value.run);
  if (!run) return refuse(command, 'PLAYHEAD_NOT_FOUND', `there is no run ${command.value.run}`);
  if (hasEnded(run)) return refuse(command, 'PLAYHEAD_CONFLICT', `${run.run} has ended: it is ${run.status}`);
  if (run.cancellationRequested) return [];
  return [
    {
      type: 'cancellation-requested',
      fact: { run: run.run, model: run.request.model, requested_by: command.value.actor },
    },
  ];
};

const promote = (state: RegistryState, command: Of<'promotion'>): Outcome[] => {
  const { model, version: number, alias, actor } = command.value;
  const version = state.versions.get(`${model}@${number}`);
  if (!version) return refuse(command, 'PLAYHEAD_NOT_FOUND', missing(state, model, number));
  const obstacle = obstacleTo(state, version, alias);
  if (obstacle !== undefined) return refuse(command, 'PLAYHEAD_CONFLICT', obstacle);
  const before = state.aliases.get(`${model}@${alias}`);
  const previous = before ? currentVersion(before) : null;
  if (previous === number) return [];
  return [
    {
      type: 'alias-assigned',
      fact: { model, alias, version: number, previous, cause: 'promotion', assigned_by: actor },
    },
  ];
};

const missing = (state: RegistryState, model: string, version: number): string => {
  const latest = state.latest.get(model) ?? 0;
  if (latest === 0)
    return applied(state, 'Model', model)
      ? `${model} has no version yet; train it`
      : `there is no model ${model}`;
  return `there is no ${model}@${version}; the newest is ${model}@${latest}`;
};

/** Why a version cannot get an alias, or undefined. */
const obstacleTo = (state: RegistryState, version: ModelVersion, alias: string): string | undefined => {
  const name = `${version.model}@${version.version}`;
  if (!version.passed) return `${name} did not pass its gates: ${failuresOf(version.gates)}`;
  if (version.verdict?.verdict === 'rejected')
    return `${name} was rejected by ${version.verdict.reviewed_by}`;
  const { service } = version;
  for (const { fact } of state.deployments.values()) {
    if (fact.model !== version.model || fact.alias !== alias || fact.service.name === service.name) continue;
    return `${name} reads feature service ${service.name}, deployment ${fact.deployment} reads ${fact.service.name} for ever`;
  }
  const revision = state.revisions.get(`FeatureService/${service.name}@${service.revision}`);
  const reads = `${name} reads revision ${service.revision} of feature service ${service.name}`;
  if (revision?.retired) return `${reads}, which is retired: train again`;
  if (revision && phaseOf(revision) === 'warming')
    return `${reads}, which no vector carries yet: it is warm on ${revision.warm.length} of ${revision.places ?? 'its'} partitions; promote when it is active`;
  return undefined;
};

const rollBack = (state: RegistryState, command: Of<'rollback'>): Outcome[] => {
  const { model, alias, actor } = command.value;
  const named = state.aliases.get(`${model}@${alias}`);
  if (!named) return refuse(command, 'PLAYHEAD_NOT_FOUND', `${model} has no alias ${alias}`);
  const current = currentVersion(named);
  const earlier = named.history
    .slice(0, -1)
    .reverse()
    .map((number) => state.versions.get(`${model}@${number}`)!);
  const target = earlier.find((version) => obstacleTo(state, version, alias) === undefined);
  if (!target) {
    const reason = earlier[0]
      ? obstacleTo(state, earlier[0], alias)
      : `${alias} of ${model} has named no other version than ${current}`;
    return refuse(command, 'PLAYHEAD_CONFLICT', reason!);
  }
  return [
    {
      type: 'alias-assigned',
      fact: {
        model,
        alias,
        version: target.version,
        previous: current,
        cause: 'rollback',
        assigned_by: actor,
      },
    },
  ];
};

const review = (state: RegistryState, command: Of<'review'>): Outcome[] => {
  const { model, version: number, verdict, actor, comment } = command.value;
  const version = state.versions.get(`${model}@${number}`);
  if (!version) return refuse(command, 'PLAYHEAD_NOT_FOUND', missing(state, model, number));
  if (verdict === 'approved' && !version.passed) {
    return refuse(
      command,
      'PLAYHEAD_CONFLICT',
      `${model}@${number} did not pass its gates: ${failuresOf(version.gates)}`,
    );
  }
  const naming = [...state.aliases.values()].find(
    (alias) => alias.model === model && currentVersion(alias) === number,
  );
  if (verdict === 'rejected' && naming) {
    return refuse(
      command,
      'PLAYHEAD_CONFLICT',
      `${model}@${number} is ${naming.alias}: roll back or promote another version first`,
    );
  }
  const fact = {
    model,
    version: number,
    verdict,
    reviewed_by: actor,
    ...(comment === undefined ? {} : { comment }),
  };
  return [{ type: 'version-reviewed', fact }];
};

/** Nothing follows from a replay: it is written down, so that everybody can find its report. */
const reportReplay = ({ value }: Of<'replay'>): Outcome[] => {
  const { request: _, actor, ...report } = value;
  return [{ type: 'replay-reported', fact: { ...report, reported_by: actor } }];
};

/** A completed run becomes the next version of its model. */
const takeOverRun = (state: RegistryState, { value }: RunReport): Outcome[] => {
  const run = state.runs.get(value.fact.run);
  if (value.type !== 'training.run.completed' || !run || hasEnded(run)) return [];
  const { fact } = value;
  const gates = judgeGates(run.request.gates, fact.metrics.holdout);
  return [
    {
      type: 'version-registered',
      fact: {
        model: run.request.model,
        version: (state.latest.get(run.request.model) ?? 0) + 1,
        run: run.run,
        task: fact.task,
        artifact: fact.artifact,
        profile: fact.profile,
        manifest: fact.manifest,
        dataset: fact.dataset,
        definition: run.request.definition,
        revision: run.request.revision,
        service: run.request.service,
        trainer: fact.trainer,
        parameters: fact.parameters,
        seed: fact.seed,
        metrics: fact.metrics,
        gates,
        passed: gates.every(({ passed }) => passed),
      },
    },
  ];
};

/** A revision is carried from here on once every partition has said that it is warm. */
const activate = (state: RegistryState, { value: { fact } }: RevisionReport): Outcome[] => {
  const { service: name, revision, digest, places } = fact;
  const known = state.revisions.get(`FeatureService/${name}@${revision}`);
  if (!known || known.digest !== digest || phaseOf(known) !== 'warming') return [];
  if (warmPlaces(known, fact).length < places) return [];
  return [{ type: 'definition-activated', fact: { kind: 'FeatureService', name, revision, digest } }];
};

const refuse = (command: Command, code: ErrorCode, message: string): Outcome[] => {
  const { request, actor } = command.value;
  return [
    {
      type: 'command-refused',
      fact: { request, actor, command: INPUT_CONTRACTS[command.type].type, code, message },
    },
  ];
};
