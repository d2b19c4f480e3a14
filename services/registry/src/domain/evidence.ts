import { formatPosition } from '#kernel';
import type { OutcomeOf } from './outcomes';
import type { ModelVersion } from './state';

export type Evidence = NonNullable<OutcomeOf<'alias-assigned'>['fact']['evidence']>;

/** What a decision about a version rests on: the facts by their positions, the report by its digest, each gate with what was measured. */
export const evidenceOf = (version: ModelVersion): Evidence => {
  const { run, evaluation, check, verdict, reviewed, position, gates } = version;
  return [
    { kind: 'run', id: run },
    { kind: 'version', id: inputAt(position) },
    ...(evaluation === undefined ? [] : [{ kind: 'evaluation' as const, id: evaluation }]),
    ...gates.map((gate) => ({ kind: 'gate' as const, id: gateText(gate) })),
    ...(check ? [{ kind: 'check' as const, id: inputAt(check.position) }] : []),
    ...(verdict?.verdict === 'approved' && reviewed
      ? [{ kind: 'approval' as const, id: inputAt(reviewed.position) }]
      : []),
  ];
};

const inputAt = (offset: number): string => `registry.inputs:${formatPosition(0, offset)}`;

/** `average_precision >= 0.1: 0.63, passed` */
const gateText = (gate: ModelVersion['gates'][number]): string => {
  const { metric, min, max, against, slice, group, value, passed } = gate;
  const wanted = [
    ...(min === undefined ? [] : [`>= ${min}`]),
    ...(max === undefined ? [] : [`<= ${max}`]),
    ...(against === undefined ? [] : [`against ${against}`]),
  ].join(', ');
  const over = slice ?? group;
  return `${metric}${over === undefined ? '' : ` by ${over}`} ${wanted}: ${value ?? 'not measured'}, ${passed ? 'passed' : 'failed'}`;
};
