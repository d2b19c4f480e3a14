import { Type, type Static } from 'typebox';
import { durationText } from '../../duration-text';
import { METRICS, type MetricName, type Task } from '../metrics';
import { CLOSED, Duration, IDENTIFIER } from '../words';

const SUPERVISED: readonly Task[] = ['binary', 'multiclass', 'regression'];

/**
 * The tasks of each kind of trainer: those of libs/learn by their names there; `command` runs a program; `auto` tries several kinds;
 * `online-*`, `hoeffding-tree` and `adaptive-random-forest` learn label by label, as a fold over the log.
 */
export const TASKS_OF_TRAINER = {
  gbdt: ['binary', 'multiclass', 'regression', 'ranking'],
  logistic: ['binary', 'multiclass'],
  linear: ['regression'],
  'isolation-forest': ['anomaly'],
  kmeans: ['anomaly'],
  'matrix-factorisation': ['regression', 'ranking'],
  bandit: ['ranking', 'regression'],
  'online-logistic': ['binary', 'multiclass'],
  'hoeffding-tree': ['binary', 'multiclass'],
  'adaptive-random-forest': ['binary', 'multiclass'],
  command: ['binary', 'multiclass', 'regression', 'anomaly', 'ranking'],
  auto: SUPERVISED,
} as const satisfies Record<string, readonly Task[]>;

export type TrainerName = keyof typeof TASKS_OF_TRAINER;
export const TRAINERS = Object.keys(TASKS_OF_TRAINER) as readonly TrainerName[];

export const tasksOfTrainer = (kind: TrainerName): readonly Task[] => TASKS_OF_TRAINER[kind];

const ONLINE: readonly string[] = ['online-logistic', 'hoeffding-tree', 'adaptive-random-forest'];

/** Whether it learns label by label from `training.inputs.<model>`, without a data set. */
export const isOnlineTrainer = (kind: string): boolean => ONLINE.includes(kind);

const ParameterValue = Type.Union([
  Type.Number(),
  Type.String(),
  Type.Boolean(),
  Type.Array(Type.String(), { minItems: 0 }),
  Type.Record(Type.String(), Type.Number()),
]);
export type ParameterValue = Static<typeof ParameterValue>;

const Parameters = Type.Record(Type.String(), ParameterValue, {
  title: 'parameters of the trainer, each with its value',
});

export const SEARCH_METHODS = ['tpe', 'random', 'grid', 'halving', 'hyperband'] as const;

const RangeOptions = Type.Object(
  {
    min: Type.Optional(Type.Number()),
    max: Type.Optional(Type.Number()),
    scale: Type.Optional(Type.Enum(['linear', 'log'], { default: 'linear' })),
    values: Type.Optional(
      Type.Array(Type.Union([Type.Number(), Type.String(), Type.Boolean()]), {
        minItems: 1,
        description: 'instead of a range: one of these',
      }),
    ),
  },
  CLOSED,
);

const SearchOptions = Type.Object(
  {
    method: Type.Optional(Type.Enum([...SEARCH_METHODS], { default: 'tpe' })),
    trials: Type.Integer({ minimum: 1, maximum: 10_000, description: 'at most so many' }),
    seconds: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        description: 'of fitting, in all trials together: what is under way then is dropped',
      }),
    ),
    metric: Type.Enum([...METRICS], {
      description: 'what is best, on rows that are cut from the training rows',
    }),
    workers: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 64, description: 'trials at once; what training has by default' }),
    ),
    patience: Type.Optional(
      Type.Integer({ minimum: 1, description: 'end after so many trials without a better one' }),
    ),
    space: Type.Optional(
      Type.Record(Type.String({ pattern: IDENTIFIER }), RangeOptions, {
        title: 'ranges by parameter',
        description: "the trainer's own ranges by default",
      }),
    ),
    kinds: Type.Optional(
      Type.Array(Type.Enum([...TRAINERS]), { minItems: 1, description: 'auto: the trainers to try' }),
    ),
  },
  CLOSED,
);

/** Bytes of `512KiB`, `64MiB`, `2GiB`. */
export const bytesOf = (text: string): number => {
  const [, number, unit] = /^(\d+)(KiB|MiB|GiB)$/.exec(text)!;
  return Number(number) * { KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 }[unit as 'KiB'];
};

const ByteCount = (meaning: string, fallback: string) =>
  Type.String({
    pattern: '^[0-9]{1,6}(KiB|MiB|GiB)$',
    title: 'a size such as 512MiB or 2GiB',
    description: meaning,
    default: fallback,
  });

/** Bytes that the files of a program may have together: they stand in several records. */
export const MAX_PROGRAM_BYTES = 131_072;

/** A path below the program's folder. */
const FILE_PATH = '^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$';

const CommandOptions = Type.Object(
  {
    run: Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      description: 'the program and its arguments; `{request}` is the path of the request',
    }),
    folder: Type.Optional(
      Type.String({
        description: 'a folder beside the definition; `apply` puts its files into the definition',
      }),
    ),
    files: Type.Optional(
      Type.Record(Type.String({ pattern: FILE_PATH }), Type.String(), {
        title: 'text by file name',
        description: 'the files of the program, by path',
      }),
    ),
    timeout: Type.Optional(Duration('it is ended after this time', '30m')),
    memory: Type.Optional(ByteCount('it is ended when its processes hold more', '2GiB')),
    output: Type.Optional(ByteCount('it is ended when it writes more', '512MiB')),
    environment: Type.Optional(
      Type.Record(Type.String({ pattern: IDENTIFIER }), Type.String(), {
        title: 'environment variables',
        description: 'beside PATH, HOME and LANG; nothing else of the service is seen',
      }),
    ),
  },
  CLOSED,
);

export const TrainerOptions = Type.Object(
  {
    kind: Type.Enum([...TRAINERS]),
    parameters: Type.Optional(Parameters),
    seed: Type.Optional(Type.Integer({ minimum: 0, maximum: 4294967295, default: 0 })),
    search: Type.Optional(SearchOptions),
    command: Type.Optional(CommandOptions),
  },
  CLOSED,
);
type TrainerOptions = Static<typeof TrainerOptions>;

export interface RangeSpec {
  readonly min?: number;
  readonly max?: number;
  readonly scale?: 'linear' | 'log';
  readonly values?: readonly (number | string | boolean)[];
}

export interface SearchSpec {
  readonly method: (typeof SEARCH_METHODS)[number];
  readonly trials: number;
  readonly seconds?: number;
  readonly metric: MetricName;
  readonly workers?: number;
  readonly patience?: number;
  readonly space?: Readonly<Record<string, RangeSpec>>;
  readonly kinds?: readonly TrainerName[];
}

export interface CommandSpec {
  readonly run: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  readonly timeout: string;
  readonly memory: string;
  readonly output: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** `search` and `command` stand there only where they are written. */
export interface TrainerSpec {
  readonly kind: TrainerName;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  readonly seed: number;
  readonly search?: SearchSpec;
  readonly command?: CommandSpec;
}

export const trainerSpec = ({ kind, parameters, seed, search, command }: TrainerOptions): TrainerSpec => ({
  kind,
  parameters: parameters ?? {},
  seed: seed ?? 0,
  ...(search && { search: { ...search, method: search.method ?? 'tpe' } }),
  ...(command && {
    command: {
      run: command.run,
      files: command.files ?? {},
      timeout: durationText(command.timeout ?? '30m'),
      memory: command.memory ?? '2GiB',
      output: command.output ?? '512MiB',
      environment: command.environment ?? {},
    },
  }),
});

/** What does not go together below `trainer`; paths below it. */
export const trainerConflicts = ({
  kind,
  search,
  command,
}: TrainerOptions): { path: readonly string[]; message: string }[] => {
  const faults: { path: readonly string[]; message: string }[] = [];
  if (kind === 'command' && !command)
    faults.push({ path: ['kind'], message: 'trainer command needs `command: { run: [...] }`' });
  if (kind !== 'command' && command)
    faults.push({ path: ['command'], message: `trainer ${kind} runs no program; write \`kind: command\`` });
  if (command?.folder !== undefined)
    faults.push({
      path: ['command', 'folder'],
      message: '`folder` is read by `playhead apply`; write `files` where definitions are sent otherwise',
    });
  const programBytes = Object.values(command?.files ?? {}).reduce(
    (sum, text) => sum + new TextEncoder().encode(text).length,
    0,
  );
  if (programBytes > MAX_PROGRAM_BYTES)
    faults.push({
      path: ['command', 'files'],
      message: `the files of the program have ${programBytes} bytes; at most ${MAX_PROGRAM_BYTES} are taken`,
    });
  if (kind === 'auto' && !search)
    faults.push({ path: ['kind'], message: 'trainer auto needs `search: { trials, metric }`' });
  if (kind !== 'auto' && search?.kinds)
    faults.push({ path: ['search', 'kinds'], message: '`kinds` belongs to `kind: auto`' });
  if (search && isOnlineTrainer(kind))
    faults.push({
      path: ['search'],
      message: `trainer ${kind} learns from the log as it comes: it has no trials`,
    });
  for (const [name, { min, max, values, scale }] of Object.entries(search?.space ?? {})) {
    const path = ['search', 'space', name];
    if (values ? min !== undefined || max !== undefined : min === undefined || max === undefined)
      faults.push({ path, message: `the range of ${name} is \`min\` and \`max\`, or \`values\`` });
    else if (!values && !(min! < max!))
      faults.push({
        path,
        message: `the range of ${name} is empty: \`min\` ${min} is not below \`max\` ${max}`,
      });
    else if (!values && scale === 'log' && !(min! > 0))
      faults.push({ path, message: `a range on a log scale begins above 0, not at ${min}` });
  }
  return faults;
};
