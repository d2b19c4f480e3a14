import type { Definition, EventOf, RunReported, TrainingRunStarted } from '#contracts';
import type { AlertReport } from './inputs';
import type { OutcomeOf } from './outcomes';
import { PersistentMap } from './persistent-map';

/** A revision of a definition, with the place and time it was decided at. */
export interface AppliedDefinition extends Readonly<OutcomeOf<'definition-applied'>['fact']>, Decided {
  /** Where it began to count: at once, but for later revisions of a feature service, which are warmed up before. */
  readonly activated: Decided | null;
  /** What is warm for it, by `<topic>/<partition>`. */
  readonly warm: readonly string[];
  /** How many places must be warm; null before the first one is. */
  readonly places: number | null;
  readonly retired: boolean;
}

/** Whether its values are in vectors, will be, or are not any more. */
export const phaseOf = ({
  activated,
  retired,
}: Pick<AppliedDefinition, 'activated' | 'retired'>): 'warming' | 'active' | 'retired' =>
  retired ? 'retired' : activated ? 'active' : 'warming';

/** Position in `registry.inputs` and its append time. */
export interface Decided {
  readonly position: number;
  readonly time: string;
}

export type RunStatus = 'requested' | 'started' | 'completed' | 'failed' | 'cancelled' | 'rejected';

export interface Run extends Decided {
  readonly run: string;
  readonly request: OutcomeOf<'training-requested'>['fact'];
  readonly status: RunStatus;
  readonly cancellationRequested: boolean;
  /** What training said last. */
  readonly report?: EventOf<typeof RunReported>;
  readonly updated: string;
  /** Offset ranges that its data set was read from. */
  readonly cut?: EventOf<typeof TrainingRunStarted>['cut'];
  /** Given when a completed run became a version. */
  readonly version?: number;
}

export const hasEnded = ({ status }: Run): boolean => status !== 'requested' && status !== 'started';

export interface ModelVersion extends Readonly<OutcomeOf<'version-registered'>['fact']>, Decided {
  readonly verdict?: OutcomeOf<'version-reviewed'>['fact'];
  /** Where the verdict was decided. */
  readonly reviewed?: Decided;
  /** What was found last when it was loaded and asked. */
  readonly check?: Readonly<OutcomeOf<'version-checked'>['fact']> & Decided;
  /** Why its policy did not promote it, as was said last. */
  readonly withheld?: Readonly<OutcomeOf<'promotion-withheld'>['fact']> & Decided;
}

/** An alert that monitoring has raised and not ended; `time` is when it came here. */
export interface OpenAlert
  extends
    Pick<
      AlertReport['value']['fact'],
      'alert' | 'deployment' | 'model' | 'version' | 'kind' | 'subject' | 'message'
    >,
    Decided {
  /** Where it was raised: `monitoring.alerts:<position>`. */
  readonly reference: string;
}

/** The version that the policy of a model promoted last. */
export interface PolicyPromotion extends Decided {
  readonly model: string;
  readonly alias: string;
  readonly version: number;
  /** The policy has rolled it back. */
  readonly takenBack: boolean;
}

/** What people write about a model or a version. */
export interface Note {
  readonly tags: Readonly<Record<string, string>>;
  readonly description: string | null;
}

export interface Alias extends Decided {
  readonly model: string;
  readonly alias: string;
  /** Versions it has named, the present one last; a rollback takes the last away. Never empty. */
  readonly history: readonly number[];
}

export interface Deployment extends Decided {
  readonly fact: OutcomeOf<'deployment-updated'>['fact'];
}

type RolloutFact = OutcomeOf<'rollout-changed'>['fact'];

/** One thing that happened to a rollout, with the place and time it was decided at. */
export interface RolloutChange extends Decided {
  readonly change: RolloutFact['change'];
  readonly step: number;
  readonly share: number;
  readonly reason: string;
  readonly by: string;
  readonly measured?: RolloutFact['measured'];
  readonly evidence?: RolloutFact['evidence'];
}

/** The rollout that a deployment had last, under way or not. */
export interface RolloutState extends Decided {
  readonly deployment: string;
  readonly model: string;
  readonly status: 'running' | 'completed' | 'aborted' | 'superseded';
  readonly rollout: RolloutFact['rollout'];
  /** Its newest changes, in their order. */
  readonly story: readonly RolloutChange[];
}

/** The arms of a deployment's experiment as they were weighed last, at `position`. */
export interface ExperimentState extends Decided, Readonly<OutcomeOf<'experiment-weighed'>['fact']> {}

export interface Replay extends Readonly<OutcomeOf<'replay-reported'>['fact']>, Decided {}

/** What last asked for a run of a model by policy; with `code` and `reason` where no run was asked for. */
export interface Trigger extends Decided {
  readonly cause: NonNullable<Run['request']['cause']>;
  readonly code?: OutcomeOf<'trigger-suppressed'>['fact']['code'];
  readonly reason?: string;
  /** The last time of its schedule that was seen to. */
  readonly due?: string;
}

/** Where facts are sent; `position` is where it was set. */
export interface Webhook extends Readonly<OutcomeOf<'webhook-set'>['fact']>, Decided {}

/** How a request ended; the door that made it answers from here. */
export interface RequestOutcome extends Decided {
  /** By `askedIn`: an id that comes again with something else is no repetition. */
  readonly asked: string;
  readonly refused?: { readonly code: string; readonly message: string };
}

/** Everything the registry knows after an input. Old states stay as they were: the maps share what did not change. */
export interface RegistryState extends Decided {
  readonly engine: string;
  /** Newest revision of each definition, by `<kind>/<name>`, in the order in which they came. */
  readonly definitions: ReadonlyMap<string, AppliedDefinition>;
  /** All revisions, by `<kind>/<name>@<revision>`. */
  readonly revisions: PersistentMap<AppliedDefinition>;
  readonly runs: PersistentMap<Run>;
  /** By `<model>@<n>`. */
  readonly versions: PersistentMap<ModelVersion>;
  /** Number of versions of each model. */
  readonly latest: PersistentMap<number>;
  /** By `<model>@<alias>`. */
  readonly aliases: PersistentMap<Alias>;
  /** By `<model>` and `<model>@<n>`. */
  readonly notes: PersistentMap<Note>;
  readonly deployments: PersistentMap<Deployment>;
  /** By deployment: the last one of each, under way or not. */
  readonly rollouts: PersistentMap<RolloutState>;
  /** By deployment; one without arms is over. */
  readonly experiments: PersistentMap<ExperimentState>;
  /** By id. */
  readonly replays: PersistentMap<Replay>;
  /** By model. */
  readonly triggers: PersistentMap<Trigger>;
  /** By the name of the alert. */
  readonly alerts: PersistentMap<OpenAlert>;
  /** By model. */
  readonly promotions: PersistentMap<PolicyPromotion>;
  /** By `<model>@<alias>`: the highest version that the alias has ever named. */
  readonly named: PersistentMap<number>;
  /** By name. */
  readonly webhooks: PersistentMap<Webhook>;
  /** By request id. */
  readonly requests: PersistentMap<RequestOutcome>;
  /** Highest offset of `training.runs` that was taken over (law L3). */
  readonly reported: number;
  /** The same of `monitoring.alerts`. */
  readonly alerted: number;
  /** The same of `monitoring.rollouts`. */
  readonly judged: number;
}

export const initialState: RegistryState = {
  position: -1,
  time: '1970-01-01T00:00:00.000Z',
  engine: '',
  definitions: new Map(),
  revisions: PersistentMap.empty(),
  runs: PersistentMap.empty(),
  versions: PersistentMap.empty(),
  latest: PersistentMap.empty(),
  aliases: PersistentMap.empty(),
  notes: PersistentMap.empty(),
  deployments: PersistentMap.empty(),
  rollouts: PersistentMap.empty(),
  experiments: PersistentMap.empty(),
  replays: PersistentMap.empty(),
  triggers: PersistentMap.empty(),
  alerts: PersistentMap.empty(),
  promotions: PersistentMap.empty(),
  named: PersistentMap.empty(),
  webhooks: PersistentMap.empty(),
  requests: PersistentMap.empty(),
  reported: -1,
  alerted: -1,
  judged: -1,
};

export const definitionsOf = ({ definitions }: RegistryState): Definition[] =>
  [...definitions.values()].map(({ kind, name, spec }) => ({ kind, name, spec }) as unknown as Definition);

export const runsOf = ({ runs }: Pick<RegistryState, 'runs'>, model: string): Run[] =>
  [...runs.values()].filter(({ request }) => request.model === model);

/** The one that was asked for last. */
export const newestOf = (runs: readonly Run[]): Run | undefined =>
  runs.reduce<Run | undefined>(
    (newest, run) => (newest && newest.position > run.position ? newest : run),
    undefined,
  );

/** Versions of a model, 1 to n. */
export const versionsOf = (state: RegistryState, model: string): ModelVersion[] =>
  Array.from({ length: state.latest.get(model) ?? 0 }, (_, index) =>
    state.versions.get(`${model}@${index + 1}`)!,
  );

export const aliasesOf = (state: RegistryState, model: string): Alias[] =>
  [...state.aliases.values()]
    .filter((alias) => alias.model === model)
    .sort((a, b) => (a.alias < b.alias ? -1 : 1));

export const currentVersion = ({ history }: Alias): number => history[history.length - 1]!;

const NOTHING_NOTED: Note = { tags: {}, description: null };

/** Tags and description of a version, or of the model itself. */
export const noteOf = ({ notes }: Pick<RegistryState, 'notes'>, model: string, version?: number): Note =>
  notes.get(noteKey(model, version)) ?? NOTHING_NOTED;

export const noteKey = (model: string, version?: number): string =>
  version === undefined ? model : `${model}@${version}`;
