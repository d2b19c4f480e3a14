import { compileProject, formatFault, resolveProject, type Definition } from '#contracts';
import { takeCheck } from './checks';
import { judgeGates } from './gates';
import type { Input, InputPosition, RevisionReport, RunReport } from './inputs';
import { annotate } from './notes';
import type { Outcome, OutcomeOf } from './outcomes';
import { promote, removeAlias, rollBack } from './promotions';
import { applied } from './references';
import { refuse } from './refusals';
import { review } from './reviews';
import { definitionsOf, hasEnded, phaseOf, type RegistryState, type Run } from './state';
import { trainingRequest } from './training-request';
import { onAlert, trigger } from './retraining/triggers';
import { onMeasured } from './rollouts/experiments';
import { onVerdict, steer } from './rollouts/steering';
import { removeWebhook, setWebhook } from './webhooks';
import { warmPlaces } from './warm-places';

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
    case 'alias-removal':
      return removeAlias(state, input);
    case 'note':
      return annotate(state, input);
    case 'check':
      return takeCheck(state, input);
    case 'webhook':
      return setWebhook(state, input, at);
    case 'webhook-removal':
      return removeWebhook(state, input);
    case 'rollout':
      return steer(state, input, at);
    case 'rollout-report':
      return onRolloutReport(state, input, at);
    case 'replay':
      return reportReplay(input);
    case 'run':
      return takeOverRun(state, input);
    case 'revision':
      return activate(state, input);
    case 'alert':
      return onAlert(state, input, at);
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
  const { model: name, cause } = command.value;
  if (cause && cause.trigger !== 'operator') return trigger(state, name, cause, at);
  const model = applied(state, 'Model', name);
  if (!model) return refuse(command, 'PLAYHEAD_NOT_FOUND', `there is no model ${name}`);
  return [{ type: 'training-requested', fact: trainingRequest(state, model, command.value, at) }];
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

const onRolloutReport = (
  state: RegistryState,
  { value }: Of<'rollout-report'>,
  at: InputPosition,
): Outcome[] =>
  value.type === 'monitoring.rollout.judged' ? onVerdict(state, value, at) : onMeasured(state, value);

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
  const { measured, evaluation, card, logs } = fact;
  const origin = run.request.trainer.imported ? 'imported' : fact.origin;
  const gates = judgeGates(
    run.request.gates,
    { holdout: fact.metrics.holdout, measured },
    unnamedIn(run.request),
  );
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
        ...(measured && { measured }),
        ...(evaluation === undefined ? {} : { evaluation }),
        ...(card === undefined ? {} : { card }),
        ...(logs === undefined ? {} : { logs }),
        ...(origin === undefined ? {} : { origin }),
      },
    },
  ];
};

/** Aliases that gates compare with and that named no version when the run was asked for. */
const unnamedIn = ({ gates, against = [] }: Run['request']): string[] =>
  gates.flatMap(({ against: alias }) =>
    alias === undefined || against.some((named) => named.alias === alias) ? [] : [alias],
  );

/** A revision is carried from here on once every partition has said that it is warm. */
const activate = (state: RegistryState, { value: { fact } }: RevisionReport): Outcome[] => {
  const { service: name, revision, digest, places } = fact;
  const known = state.revisions.get(`FeatureService/${name}@${revision}`);
  if (!known || known.digest !== digest || phaseOf(known) !== 'warming') return [];
  if (warmPlaces(known, fact).length < places) return [];
  return [{ type: 'definition-activated', fact: { kind: 'FeatureService', name, revision, digest } }];
};
