import type { EventOf } from './define-event';
import type { ModelVersionRegistered, TrainingRequested } from './events';
import { gateMetric } from './events/shapes';

type Gate = EventOf<typeof TrainingRequested>['gates'][number];
export type JudgedGate = EventOf<typeof ModelVersionRegistered>['gates'][number];

/** Each gate against what the run measured on its hold-out. What was not measured does not pass. */
export const judgeGates = (
  gates: readonly Gate[],
  holdout: Readonly<Record<string, number | null>>,
): JudgedGate[] =>
  gates.map((gate) => {
    const value = holdout[gateMetric(gate)] ?? holdout[gate.metric] ?? null;
    const passed = value !== null && value >= (gate.min ?? -Infinity) && value <= (gate.max ?? Infinity);
    return { ...gate, value, passed };
  });

/** `average_precision is 0.08, at least 0.1 is wanted; ...` for the gates that failed. */
export const failuresOf = (results: readonly JudgedGate[]): string =>
  results
    .filter(({ passed }) => !passed)
    .map((result) => {
      const wanted = [
        ...(result.min === undefined ? [] : [`at least ${result.min}`]),
        ...(result.max === undefined ? [] : [`at most ${result.max}`]),
      ];
      return `${gateMetric(result)} ${result.value === null ? 'was not measured' : `is ${result.value}`}, ${wanted.join(' and ')} is wanted`;
    })
    .join('; ');
