import { Type, type Static } from 'typebox';
import { METRICS, metricWords, type MetricName } from '../metrics';
import { CLOSED, DefinitionName, Identifier } from '../words';

export const GateOptions = Type.Object(
  {
    metric: Type.Enum([...METRICS], {
      description: 'of the hold-out; of one row or the model file for latency and size',
    }),
    min: Type.Optional(Type.Number({ description: 'refused below it' })),
    max: Type.Optional(Type.Number({ description: 'refused above it' })),
    threshold: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        default: 0.5,
        description: 'where f1, precision, recall, accuracy and the fairness metrics decide',
      }),
    ),
    k: Type.Optional(
      Type.Integer({ minimum: 1, default: 100, description: 'of precision_at_k, ndcg and map' }),
    ),
    against: Type.Optional(DefinitionName('alias of the version to compare with on the same hold-out')),
    tolerance: Type.Optional(
      Type.Number({
        minimum: 0,
        default: 0,
        description: 'against another version: how much worse is still accepted',
      }),
    ),
    confidence: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 0.999,
        description:
          'against another version: judged by the lower end of the interval of the difference (paired bootstrap) instead of by the difference',
      }),
    ),
    slice: Type.Optional(
      Identifier(
        'the feature, or the field of the trigger, whose values are judged one by one; the worst one counts',
      ),
    ),
    rows: Type.Optional(
      Type.Integer({
        minimum: 1,
        default: 50,
        description: 'by slice: values with fewer rows of the hold-out are not judged',
      }),
    ),
    group: Type.Optional(
      Identifier('of a fairness metric: the feature, or the field of the trigger, whose values are compared'),
    ),
  },
  CLOSED,
);
type GateOptions = Static<typeof GateOptions>;

export interface GateSpec {
  readonly metric: MetricName;
  readonly min?: number;
  readonly max?: number;
  readonly threshold?: number;
  readonly k?: number;
  readonly against?: string;
  readonly tolerance?: number;
  readonly confidence?: number;
  readonly slice?: string;
  readonly rows?: number;
  readonly group?: string;
}

export const gateSpec = (gate: GateOptions): GateSpec => {
  const { metric, min, max, threshold, k, against, tolerance, confidence, slice, rows, group } = gate;
  const { takes } = metricWords(metric);
  return {
    metric,
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(takes === 'threshold' || takes === 'group' ? { threshold: threshold ?? 0.5 } : {}),
    ...(takes === 'k' ? { k: k ?? 100 } : {}),
    ...(against === undefined ? {} : { against, tolerance: tolerance ?? 0 }),
    ...(confidence === undefined ? {} : { confidence }),
    ...(slice === undefined ? {} : { slice, rows: rows ?? 50 }),
    ...(group === undefined ? {} : { group }),
  };
};

/** Whether a gate says something that its metric does not have, or lacks what it needs; empty when it does not. */
export const gateConflicts = (gate: GateOptions): { key: string; message: string }[] => {
  const { metric, min, max, against, slice, group } = gate;
  const { takes, ofFile } = metricWords(metric);
  const faults: { key: string; message: string }[] = [];
  const say = (key: string, message: string): void => void faults.push({ key, message });
  const having = (what: 'threshold' | 'k'): string =>
    METRICS.filter((name) => metricWords(name).takes === what).join(', ');
  if (min === undefined && max === undefined && against === undefined)
    say('metric', `the gate on ${metric} has neither \`min\` nor \`max\` nor \`against\``);
  if (min !== undefined && max !== undefined && min > max)
    say('min', `the gate on ${metric} has \`min\` ${min} above \`max\` ${max}`);
  if (gate.threshold !== undefined && takes !== 'threshold' && takes !== 'group')
    say('threshold', `${metric} has no \`threshold\`; ${having('threshold')} have`);
  if (gate.k !== undefined && takes !== 'k') say('k', `${metric} has no \`k\`; ${having('k')} have`);
  if (takes === 'group' && group === undefined)
    say('metric', `${metric} compares the values of a \`group\`: say a feature, or a field of the trigger`);
  if (takes !== 'group' && group !== undefined) say('group', `${metric} has no \`group\`; use \`slice\``);
  for (const key of ['tolerance', 'confidence'] as const)
    if (gate[key] !== undefined && against === undefined)
      say(key, `\`${key}\` compares with another version: say \`against: champion\``);
  if (gate.rows !== undefined && slice === undefined) say('rows', '`rows` belongs to a `slice`');
  if (slice !== undefined && (ofFile || takes === 'group'))
    say('slice', `${metric} cannot be judged by slice`);
  if (against !== undefined && (ofFile || takes === 'group' || slice !== undefined))
    say(
      'against',
      `the gate on ${slice === undefined ? metric : `a slice of ${metric}`} is absolute: write \`min\` or \`max\``,
    );
  return faults;
};
