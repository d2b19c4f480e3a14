import {
  AlertAcknowledged,
  AlertRaised,
  AlertResolved,
  AliasAssigned,
  AliasRemoved,
  CancellationRequested,
  CommandRefused,
  DefinitionActivated,
  DefinitionApplied,
  DefinitionRetired,
  DeploymentStarted,
  DeploymentUpdated,
  ExperimentWeighed,
  ModelVersionChecked,
  ModelVersionRegistered,
  ModelVersionReviewed,
  PromotionWithheld,
  ReplayReported,
  RolloutChanged,
  RolloutJudged,
  RoutesTaken,
  SilenceRemoved,
  SilenceSet,
  TOPICS,
  TrainingRequested,
  TrainingRunCancelled,
  TrainingRunCompleted,
  TrainingRunFailed,
  TrainingRunRejected,
  TrainingRunStarted,
  TriggerSuppressed,
  decodeEvent,
  readEnvelope,
  type EventContract,
  type EventOf,
} from '#contracts';
import type { LogRecord } from '#eventlog';
import { formatPosition } from '#kernel';
import type { EntryDetails, EntryKind, TimelineEntry } from './entry';

/** Topics whose facts are decisions, below the namespace. */
export const TIMELINE_TOPICS = [
  TOPICS.alerts,
  TOPICS.requests,
  TOPICS.runs,
  TOPICS.models,
  TOPICS.rollouts,
  TOPICS.rolloutChanges,
  TOPICS.deployments,
  TOPICS.servingStatus,
  TOPICS.definitions,
  TOPICS.replays,
] as const;

interface Told {
  readonly message: string;
  readonly deployment?: string;
  readonly model?: string;
  readonly version?: number;
  readonly run?: string;
  readonly by?: string;
  readonly cause?: string;
  readonly eventTime?: string;
  readonly details?: EntryDetails;
}

type Tell = (value: Buffer | null) => Told;

const tellers = new Map<string, { readonly kind: EntryKind; readonly tell: Tell }>();

const says = <C extends EventContract>(
  kind: EntryKind,
  contract: C,
  tell: (fact: EventOf<C>) => Told,
): void => {
  tellers.set(contract.type, { kind, tell: (value) => tell(decodeEvent(contract, value) as EventOf<C>) });
};

/** A record of one of the topics as an entry; undefined for what is no decision, such as the counts of an interval. */
export const entryOf = (record: LogRecord, topic: string): TimelineEntry | undefined => {
  const { type } = readEnvelope(record.headers);
  const teller = tellers.get(type);
  if (!teller) return undefined;
  const told = teller.tell(record.value);
  return {
    kind: teller.kind,
    type,
    position: `${topic}:${formatPosition(record.partition, record.offset)}`,
    time: new Date(record.timestamp).toISOString(),
    eventTime: told.eventTime ?? null,
    deployment: told.deployment ?? null,
    model: told.model ?? null,
    version: told.version ?? null,
    run: told.run ?? null,
    by: told.by ?? null,
    message: told.message,
    cause: told.cause ?? null,
    details: told.details ?? {},
  };
};

const aboutAlert = (
  fact: EventOf<typeof AlertRaised>,
): Required<Pick<Told, 'deployment' | 'model' | 'version' | 'eventTime' | 'details'>> => {
  const { deployment, model, version, window, alert, kind, subject, severity, value, limit, sources } = fact;
  return {
    deployment,
    model,
    version,
    eventTime: window.start,
    details: {
      alert,
      alertKind: kind,
      subject,
      ...(severity && { severity }),
      value,
      limit,
      window,
      sources,
    },
  };
};

says('alert', AlertRaised, (fact) => ({ ...aboutAlert(fact), message: fact.message }));
says('alert', AlertResolved, (fact) => ({
  ...aboutAlert(fact),
  message: fact.message,
  ...(fact.by && { by: fact.by.actor }),
}));

says('alert', AlertAcknowledged, ({ alert, deployment, actor: by, comment }) => ({
  deployment,
  by,
  message: `${by} has seen ${alert}${comment === undefined ? '' : `: ${comment}`}`,
  details: { alert },
}));
says('alert', SilenceSet, ({ actor: by, until, comment, match }) => ({
  ...(match.deployment !== undefined && { deployment: match.deployment }),
  by,
  message: `${by} silences alerts until ${until}${comment === undefined ? '' : `: ${comment}`}`,
}));
says('alert', SilenceRemoved, ({ actor: by, silence }) => ({
  by,
  message: `${by} ends the silence ${silence}`,
}));

says('request', TrainingRequested, ({ run, model, cause, requested_by: by }) => ({
  model,
  run,
  by,
  message: `${run} of ${model} is asked for${cause?.reason === undefined ? '' : `: ${cause.reason}`}`,
  ...(cause?.reference !== undefined && { cause: cause.reference }),
  details: { trigger: cause?.trigger ?? 'operator' },
}));
says('request', TriggerSuppressed, ({ model, cause, code, reason }) => ({
  model,
  message: `no run of ${model}: ${reason}`,
  ...(cause.reference !== undefined && { cause: cause.reference }),
  details: { trigger: cause.trigger, code },
}));

says('request', CancellationRequested, ({ run, model, requested_by: by }) => ({
  run,
  model,
  by,
  message: `${by} asks that ${run} ends`,
}));
says('request', CommandRefused, ({ actor: by, command, code, message }) => ({
  by,
  message: `${command} of ${by} is refused: ${message}`,
  details: { code },
}));

says('run', TrainingRunStarted, ({ run, model, rows, trainer }) => ({
  run,
  model,
  message: `${run} fits ${trainer} to ${rows.train} rows, ${rows.holdout} judge`,
}));
says('run', TrainingRunCompleted, ({ run, model, seconds }) => ({
  run,
  model,
  message: `${run} is done after ${seconds} s`,
  details: { seconds },
}));
says('run', TrainingRunCancelled, ({ run, model }) => ({ run, model, message: `${run} is cancelled` }));
for (const contract of [TrainingRunFailed, TrainingRunRejected])
  says('run', contract, ({ run, model, code, message }) => ({
    run,
    model,
    message: `${run} gave no model: ${message}`,
    details: { code },
  }));

says('version', ModelVersionRegistered, ({ model, version, run, passed, gates }) => ({
  model,
  version,
  run,
  message: `${model}@${version} ${passed ? 'passed its gates' : 'did not pass its gates'}`,
  details: { passed, gates: gates.map(gateText) },
}));
says('version', ModelVersionReviewed, ({ model, version, verdict, reviewed_by: by, comment }) => ({
  model,
  version,
  by,
  message: `${model}@${version} is ${verdict} by ${by}${comment === undefined ? '' : `: ${comment}`}`,
  details: { verdict },
}));
says('version', ModelVersionChecked, ({ model, version, ok, rows, reason }) => ({
  model,
  version,
  message: ok
    ? `${model}@${version} answers ${rows} recorded vectors`
    : `${model}@${version} cannot be served: ${reason ?? 'its check failed'}`,
  details: { passed: ok },
}));
says('version', PromotionWithheld, ({ model, version, run, alias, code, waits, reason }) => ({
  model,
  version,
  run,
  message: reason,
  details: { alias, code, waits },
}));

says('alias', AliasAssigned, (fact) => {
  const { model, alias, version, previous, cause, reason, assigned_by: by, evidence } = fact;
  const alert = evidence?.find(({ kind }) => kind === 'alert')?.id;
  const from = previous === null ? '' : `, ${previous} before`;
  return {
    model,
    version,
    by,
    message: `${alias} of ${model} is version ${version}${from} (${cause})${reason === undefined ? '' : `: ${reason}`}`,
    ...(alert !== undefined && { cause: alert }),
    details: { alias, previous, change: cause },
  };
});
says('alias', AliasRemoved, ({ model, alias, previous, removed_by: by }) => ({
  model,
  by,
  message: `${alias} of ${model} names nothing any more`,
  details: { alias, previous, change: 'removed' },
}));

says(
  'rollout',
  RolloutChanged,
  ({ deployment, model, change, rollout, reason, changed_by: by, evidence }) => {
    const verdict = evidence?.find(({ kind }) => kind === 'verdict')?.id;
    const { version, baseline, steps, step } = rollout;
    return {
      deployment,
      model,
      version,
      by,
      message: `rollout of version ${version} on ${deployment} ${change} at ${steps[step]} %: ${reason}`,
      ...(verdict !== undefined && { cause: verdict }),
      details: { change, share: steps[step]!, previous: baseline },
    };
  },
);
says('rollout', RolloutJudged, ({ deployment, version, verdict, message }) => ({
  deployment,
  version,
  message: `version ${version} is ${verdict}: ${message}`,
  details: { verdict },
}));

says('rollout', ExperimentWeighed, ({ deployment, model, reason, changed_by: by, arms }) => ({
  deployment,
  model,
  by,
  message: `experiment on ${deployment}: ${arms.map(({ route, share }) => `${route} ${share} %`).join(', ') || 'over'}: ${reason}`,
}));

says('deployment', DeploymentUpdated, ({ deployment, model, alias, routes }) => {
  const champion = routes.find(({ route }) => route === 'champion');
  return {
    deployment,
    model,
    ...(champion && { version: champion.version }),
    message: champion
      ? `${deployment} is to answer with ${routesText(routes)}`
      : `${deployment} waits for a version`,
    details: { alias, routes: routes.map(routeOf) },
  };
});

says('serving', DeploymentStarted, ({ deployment, service }) => ({
  deployment,
  message: `${deployment} begins to read ${service}`,
}));
says('serving', RoutesTaken, ({ deployment, partition, offset, routes }) => {
  const champion = routes.find(({ route }) => route === 'champion');
  return {
    deployment,
    ...(champion && { version: champion.version }),
    message: `${deployment} answers with ${routesText(routes)} from vector ${formatPosition(partition, offset)} on`,
    details: { partition, routes: routes.map(routeOf) },
  };
});

says('definition', DefinitionApplied, ({ kind, name, revision, applied_by: by }) => ({
  ...namedIn(kind, name),
  by,
  message: `${kind} ${name} is revision ${revision}`,
}));
says('definition', DefinitionActivated, ({ kind, name, revision }) => ({
  message: `revision ${revision} of ${kind} ${name} is in vectors`,
}));
says('definition', DefinitionRetired, ({ kind, name, revision }) => ({
  message: `revision ${revision} of ${kind} ${name} is retired`,
}));
says('replay', ReplayReported, ({ kind, subject, ok, reported_by: by }) => ({
  by,
  message: `${kind} of ${subject}: ${ok ? 'as recorded' : 'not as recorded'}`,
}));

const namedIn = (kind: string, name: string): Pick<Told, 'model' | 'deployment'> =>
  kind === 'Model' ? { model: name } : kind === 'Deployment' ? { deployment: name } : {};

interface RouteShare {
  readonly route: string;
  readonly version: number;
  readonly share?: number;
}

const routeOf = ({ route, version, share }: RouteShare): RouteShare => ({
  route,
  version,
  ...(share === undefined ? {} : { share }),
});

const routesText = (routes: readonly RouteShare[]): string =>
  routes
    .map(
      ({ route, version, share }) =>
        `version ${version}${route === 'champion' && routes.length === 1 ? '' : ` as ${route}`}${share === undefined || share === 100 ? '' : ` (${share} %)`}`,
    )
    .join(', ');

const gateText = (gate: EventOf<typeof ModelVersionRegistered>['gates'][number]): string => {
  const { metric, min, max, against, slice, group, value, passed } = gate;
  const wanted = [
    ...(min === undefined ? [] : [`>= ${min}`]),
    ...(max === undefined ? [] : [`<= ${max}`]),
    ...(against === undefined ? [] : [`against ${against}`]),
  ].join(', ');
  const over = slice ?? group;
  return `${metric}${over === undefined ? '' : ` by ${over}`} ${wanted}: ${value ?? 'not measured'}, ${passed ? 'passed' : 'failed'}`;
};
