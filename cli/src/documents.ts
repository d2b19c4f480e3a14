import type {
  DefinitionChange,
  DeploymentUpdated,
  EventOf,
  ExperimentWeighed,
  Kind,
  ModelVersionRegistered,
  RolloutChanged,
  TrainingRequested,
  TrainingRunCompleted,
} from '#contracts';

/** What the doors of the registry, of training and of serving answer with. Unknown members are passed on by `--json`. */

interface Decided {
  /** In `registry.inputs`. */
  readonly position: string;
  readonly decidedAt: string;
}

export interface DefinitionDocument extends Decided {
  readonly kind: Kind;
  readonly name: string;
  readonly revision: string;
  readonly digest: string;
  /** With defaults applied. */
  readonly spec: Readonly<Record<string, unknown>>;
  readonly appliedBy: string;
  readonly retired: boolean;
  readonly phase: 'warming' | 'active' | 'retired';
  readonly warm: { readonly partitions: number; readonly of: number | null };
  readonly activeSince: { readonly position: string; readonly decidedAt: string } | null;
}

/** Of `GET /v1/definitions/<kind>/<name>`. */
export interface OneDefinitionDocument extends DefinitionDocument {
  readonly revisions: readonly (Pick<
    DefinitionDocument,
    'revision' | 'digest' | 'phase' | 'warm' | 'activeSince' | 'appliedBy'
  > & { readonly decidedAt: string })[];
}

/** Of `POST /v1/definitions`. */
export interface AppliedDocument {
  readonly dryRun: boolean;
  readonly changes: readonly DefinitionChange[];
  readonly definitions: readonly {
    readonly kind: Kind;
    readonly name: string;
    readonly revision: string | null;
    readonly digest: string | null;
  }[];
  readonly position: string;
}

export type RunStatus = 'requested' | 'started' | 'completed' | 'failed' | 'cancelled' | 'rejected';

export interface RunDocument extends Decided {
  readonly run: string;
  readonly model: string;
  readonly status: RunStatus;
  readonly requestedBy: string;
  readonly requestedAt: string;
  readonly updatedAt: string;
  readonly cancellationRequested: boolean;
  /** Given when the run became a version. */
  readonly version: number | null;
  readonly asOf: string | null;
  readonly seed: number;
  readonly trainer: EventOf<typeof TrainingRequested>['trainer'];
  readonly dataset: string | null;
  readonly rows: EventOf<typeof TrainingRunCompleted>['rows'] | null;
  readonly metrics: EventOf<typeof TrainingRunCompleted>['metrics'] | null;
  readonly seconds: number | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  /** SHA-256 of what the program of a command trainer wrote. */
  readonly logs: string | null;
}

export const hasEnded = ({ status }: Pick<RunDocument, 'status'>): boolean =>
  status !== 'requested' && status !== 'started';

export interface ModelDocument extends Decided {
  readonly name: string;
  readonly task: string;
  readonly service: string;
  readonly label: string;
  /** Number of versions. */
  readonly versions: number;
  readonly latest: {
    readonly version: number;
    readonly passed: boolean;
    readonly metrics: Readonly<Record<string, number | null>>;
  } | null;
  readonly aliases: Readonly<Record<string, number>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly description: string | null;
}

export interface VersionDocument extends Decided, Readonly<EventOf<typeof ModelVersionRegistered>> {
  readonly status: 'passed' | 'failed' | 'approved' | 'rejected';
  readonly review: {
    readonly verdict: 'approved' | 'rejected';
    readonly by: string;
    readonly comment: string | null;
  } | null;
  /** What was found when it was loaded as serving would; null before. */
  readonly check: {
    readonly ok: boolean;
    readonly rows: number;
    readonly reason: string | null;
    readonly position: string;
  } | null;
  readonly aliases: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly description: string | null;
}

/** One thing that differs; null where a side does not have it. */
export interface Difference {
  readonly name: string;
  readonly from: string | number | boolean | null;
  readonly to: string | number | boolean | null;
}

/** In what two versions differ. */
export interface VersionComparison {
  readonly from: string;
  readonly to: string;
  readonly parameters: readonly Difference[];
  readonly metrics: readonly {
    readonly name: string;
    readonly from: number | null;
    readonly to: number | null;
    readonly delta: number | null;
  }[];
  readonly features: {
    readonly added: readonly string[];
    readonly removed: readonly string[];
    readonly reordered: boolean;
    readonly definition: Difference | null;
  };
  readonly data: readonly Difference[];
}

/** Tags and description, as they are after a change. */
export interface NoteDocument {
  readonly model: string;
  readonly version?: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly description: string | null;
  readonly position: string;
}

/** Of a promotion or a rollback. */
export interface AliasDocument {
  readonly model: string;
  readonly alias: string;
  readonly version: number;
  readonly previous: number | null;
  /** With the share of the new version, percent, where it is rolled out. */
  readonly deployments: readonly { readonly name: string; readonly state: string; readonly share?: number }[];
  readonly position: string;
}

export interface DeploymentDocument
  extends Decided, Readonly<Omit<EventOf<typeof DeploymentUpdated>, 'deployment'>> {
  readonly name: string;
}

type RolloutChange = EventOf<typeof RolloutChanged>;

/** Of the registry's `GET /v1/deployments/{name}/rollout`. */
export interface RolloutDocument {
  readonly deployment: string;
  readonly model: string;
  readonly alias: string;
  readonly routes: readonly { readonly route: string; readonly version: number; readonly share: number }[];
  readonly salt: string | null;
  /** Under way, or the last one. */
  readonly rollout:
    | (Readonly<
        Pick<RolloutChange['rollout'], 'strategy' | 'version' | 'baseline' | 'step' | 'steps' | 'abort'>
      > &
        Decided & {
          readonly status: 'running' | 'paused' | 'completed' | 'aborted' | 'superseded';
          readonly share: number;
          readonly began: string;
          readonly since: string;
          readonly intervalMs: number;
          readonly judgedAfter: string | null;
        })
    | null;
  readonly experiment:
    | (Readonly<Pick<EventOf<typeof ExperimentWeighed>, 'strategy' | 'revision' | 'arms' | 'reason'>> &
        Decided & { readonly by: string })
    | null;
  readonly story: readonly (Decided & {
    readonly change: RolloutChange['change'];
    readonly step: number;
    readonly share: number;
    readonly reason: string;
    readonly by: string;
    readonly measured: NonNullable<RolloutChange['measured']>;
    readonly evidence: readonly { readonly kind: string; readonly id: string }[];
  })[];
}

/** Of serving's `GET /v1/deployments`. */
export interface ServedDocument {
  readonly deployment: string;
  readonly model: string;
  readonly state: string;
  readonly version: number | null;
  /** Whether the vector that it begins with is recorded: from then on none is left out. */
  readonly begun: boolean;
}
