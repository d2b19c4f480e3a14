import { Type, type Static } from 'typebox';
import { durationText } from '../../duration-text';
import { CLOSED, DEFINITION_NAME, Duration } from '../words';

export const ExperimentOptions = Type.Object(
  {
    strategy: Type.Enum(['ab', 'bandit'], {
      description: 'ab: shares as written; bandit: shares follow what each arm has earned',
    }),
    arms: Type.Record(Type.String({ pattern: DEFINITION_NAME }), Type.Number({ minimum: 0, maximum: 100 }), {
      minProperties: 2,
      maxProperties: 20,
      description: 'percent of the entities by alias, together 100; a bandit begins with them',
    }),
    interval: Type.Optional(Duration('bandit: how often shares are decided again', '1h')),
    reward: Type.Optional(
      Type.Enum(['label', 'accuracy'], {
        default: 'accuracy',
        description: 'bandit, what is earned: a label that is true, or a decision that its label confirms',
      }),
    ),
    explore: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 50,
        default: 5,
        description: 'bandit: the least share of an arm, percent',
      }),
    ),
  },
  CLOSED,
);
type ExperimentOptions = Static<typeof ExperimentOptions>;

/** An experiment with defaults applied; what a strategy does not use is left out. */
export interface ExperimentSpec {
  readonly strategy: 'ab' | 'bandit';
  readonly arms: Readonly<Record<string, number>>;
  readonly bandit?: {
    readonly interval: string;
    readonly reward: 'label' | 'accuracy';
    readonly explore: number;
  };
}

export const experimentSpec = ({
  strategy,
  arms,
  interval = '1h',
  reward = 'accuracy',
  explore = 5,
}: ExperimentOptions): ExperimentSpec => ({
  strategy,
  arms,
  ...(strategy === 'bandit' && { bandit: { interval: durationText(interval), reward, explore } }),
});

/** Names that routes have for what they do: another arm of that name could not be told from them. */
const ROUTE_NAMES = ['champion', 'canary', 'standby', 'shadow', 'version', 'model'];

/** What is wrong with the arms, by the key below the experiment. */
export const experimentConflicts = (
  { strategy, arms, explore, interval, reward }: ExperimentOptions,
  alias: string,
): { path: readonly string[]; message: string }[] => {
  const faults: { path: readonly string[]; message: string }[] = [];
  const shares = Object.values(arms);
  const sum = shares.reduce((total, share) => total + Math.round(share * 100), 0);
  if (sum !== 10_000 || shares.some((share) => Math.abs(share * 100 - Math.round(share * 100)) > 1e-9))
    faults.push({
      path: ['arms'],
      message: `shares have at most two decimals and are 100 together; these are ${sum / 100}`,
    });
  if (shares.length < 2)
    faults.push({ path: ['arms'], message: 'an experiment has two arms or more; name another alias' });
  if (arms[alias] === undefined)
    faults.push({
      path: ['arms'],
      message: `the deployment's own alias \`${alias}\` must be one of the arms`,
    });
  for (const arm of Object.keys(arms))
    if (arm !== alias && ROUTE_NAMES.includes(arm))
      faults.push({
        path: ['arms', arm],
        message: `\`${arm}\` is the name of a route; give the version another alias`,
      });
  if (strategy === 'ab' && (explore ?? interval ?? reward) !== undefined)
    faults.push({ path: ['strategy'], message: '`interval`, `reward` and `explore` belong to a bandit' });
  if (strategy === 'bandit' && (explore ?? 5) * shares.length > 100)
    faults.push({ path: ['explore'], message: `\`explore\` is too much for ${shares.length} arms` });
  return faults;
};
