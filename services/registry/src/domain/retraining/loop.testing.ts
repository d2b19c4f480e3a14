import { AlertRaised, AlertResolved } from '#contracts';
import { apply } from '../evolve';
import type { AlertReport, Input } from '../inputs';
import type { Outcome } from '../outcomes';
import { initialState, type RegistryState } from '../state';

export type Given = Input | ((state: RegistryState) => Input);

export interface Story {
  readonly state: RegistryState;
  /** What followed from each input. */
  readonly outcomes: readonly (readonly Outcome[])[];
}

/** Inputs at their times, in minutes. */
export const story = (...inputs: readonly (readonly [minutes: number, input: Given])[]): Story => {
  let state = initialState;
  const outcomes = inputs.map(([minutes, given], offset) => {
    const input = typeof given === 'function' ? given(state) : given;
    const time = new Date(Date.UTC(2026, 0, 1) + minutes * 60_000).toISOString();
    const folded = apply(state, input, { offset, time });
    state = folded.state;
    return folded.outcomes;
  });
  return { state, outcomes };
};

type Kind = AlertReport['value']['fact']['kind'];

/** Monitoring says at an offset of its topic that something about a version is over its limit. */
export const raised = (offset: number, version: number, kind: Kind = 'feature-drift'): Input => ({
  type: 'alert',
  value: {
    reference: `monitoring.alerts:0-${offset}`,
    type: 'monitoring.alert.raised',
    fact: { ...AlertRaised.sample, alert: `${kind}/${version}`, kind, version },
  },
});

export const resolved = (offset: number, version: number, kind: Kind = 'feature-drift'): Input => ({
  type: 'alert',
  value: {
    reference: `monitoring.alerts:0-${offset}`,
    type: 'monitoring.alert.resolved',
    fact: { ...AlertResolved.sample, alert: `${kind}/${version}`, kind, version },
  },
});

/** What is said of the loop, a line each. */
export const said = (outcomes: readonly Outcome[]): string[] =>
  outcomes.flatMap((outcome): string[] => {
    switch (outcome.type) {
      case 'training-requested':
        return [`${outcome.fact.run} by ${outcome.fact.cause?.trigger ?? outcome.fact.requested_by}`];
      case 'trigger-suppressed':
        return [`no run: ${outcome.fact.code}`];
      case 'version-registered':
        return [`version ${outcome.fact.version} ${outcome.fact.passed ? 'passed' : 'failed'}`];
      case 'promotion-withheld':
        return [`version ${outcome.fact.version} withheld: ${outcome.fact.code}`];
      case 'alias-assigned': {
        const { alias, version, cause, assigned_by: by } = outcome.fact;
        return [`${alias} is ${version}: ${cause} by ${by}`];
      }
      case 'rollout-changed':
        return [`rollout of ${outcome.fact.rollout.version} ${outcome.fact.change}`];
      default:
        return [];
    }
  });
