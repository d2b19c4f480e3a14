import { bytesOf, type CompiledModel } from '#contracts';
import { formatPosition, parseDuration } from '#kernel';
import type { Command, InputPosition } from './inputs';
import type { OutcomeOf } from './outcomes';
import { labelReference, serviceReference } from './references';
import { currentVersion, type AppliedDefinition, type RegistryState } from './state';

type Request = OutcomeOf<'training-requested'>['fact'];
type Submitted = Pick<
  Extract<Command, { type: 'training' }>['value'],
  'as_of' | 'seed' | 'actor' | 'cause' | 'imported'
>;

/** Everything that decides the result of a run: the definition as it is now, with what it names resolved. `k`: where one input asks for several. */
export const trainingRequest = (
  state: RegistryState,
  {
    name,
    revision,
    digest,
    compiled,
  }: Pick<AppliedDefinition, 'name' | 'revision' | 'digest'> & {
    readonly compiled: CompiledModel;
  },
  { as_of, seed, actor, cause, imported }: Submitted,
  at: InputPosition,
  k = 0,
): Request => {
  const { task, service, label, query, split, trainer, evaluate, gates } = compiled;
  const against = comparedWith(state, name, gates);
  return {
    run: `run-${formatPosition(0, at.offset, k)}`,
    model: name,
    revision,
    definition: digest,
    task,
    service: serviceReference(state, service),
    label: labelReference(state, label),
    ...(query === undefined ? {} : { query }),
    split: {
      ...(split.by === 'time'
        ? { by: split.by, holdout_ms: split.holdoutMs, gap_ms: split.gapMs }
        : { by: split.by, holdout: split.holdout, seed: split.seed }),
      ...(split.historyMs === undefined ? {} : { history_ms: split.historyMs }),
    },
    trainer: imported ? { kind: 'imported', parameters: {}, imported: plain(imported) } : trainerOf(trainer),
    ...(evaluate && { evaluate: evaluationOf(evaluate) }),
    seed: seed ?? trainer.seed,
    ...(as_of === undefined ? {} : { as_of }),
    gates: gates.map((gate) => ({ ...gate })),
    ...(against.length > 0 ? { against } : {}),
    ...(cause && { cause }),
    requested_by: actor,
  };
};

/** Of each alias that a gate compares with, the version that it names now; those that name none are left out. */
const comparedWith = (
  state: RegistryState,
  model: string,
  gates: CompiledModel['gates'],
): NonNullable<Request['against']> =>
  [...new Set(gates.flatMap(({ against }) => against ?? []))].flatMap((alias) => {
    const named = state.aliases.get(`${model}@${alias}`);
    const version = named && state.versions.get(`${model}@${currentVersion(named)}`);
    if (!version) return [];
    const { artifact, service } = version;
    const { revision, features } = service;
    return [{ alias, version: version.version, artifact, revision, features: [...features] }];
  });

const trainerOf = ({ kind, parameters, search, command }: CompiledModel['trainer']): Request['trainer'] => ({
  kind,
  parameters: plain(parameters),
  ...(search && { search: plain(search) }),
  ...(command && {
    command: {
      run: [...command.run],
      files: { ...command.files },
      timeout_ms: parseDuration(command.timeout),
      memory_bytes: bytesOf(command.memory),
      output_bytes: bytesOf(command.output),
      environment: { ...command.environment },
    },
  }),
});

const evaluationOf = ({
  backtest,
  ...rest
}: NonNullable<CompiledModel['evaluate']>): NonNullable<Request['evaluate']> => ({
  ...plain(rest),
  ...(backtest && { backtest: { origins: backtest.origins, horizon_ms: backtest.horizonMs } }),
});

type Mutable<T> = T extends readonly (infer I)[]
  ? Mutable<I>[]
  : T extends object
    ? { -readonly [K in keyof T]: Mutable<T[K]> }
    : T;

const plain = <T extends object>(value: T): Mutable<T> => structuredClone(value) as Mutable<T>;
