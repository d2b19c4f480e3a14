import type { Input } from '../domain/inputs';
import type { Outcome } from '../domain/outcomes';
import type { RegistryState } from '../domain/state';

/** Which rows of the read model a stretch of inputs changes; the rows themselves are taken from the state behind it. */
export interface Touched {
  /** `<kind>/<name>@<revision>`. */
  readonly revisions: Set<string>;
  readonly runs: Set<string>;
  /** Models any of whose versions or aliases changed: their rows are written anew. */
  readonly models: Set<string>;
  readonly deployments: Set<string>;
}

export const nothingTouched = (): Touched => ({
  revisions: new Set(),
  runs: new Set(),
  models: new Set(),
  deployments: new Set(),
});

export const touch = (
  touched: Touched,
  input: Input,
  outcomes: readonly Outcome[],
  state: RegistryState,
): void => {
  if (input.type === 'revision') {
    const key = `FeatureService/${input.value.fact.service}@${input.value.fact.revision}`;
    if (state.revisions.has(key)) touched.revisions.add(key);
  }
  if (input.type === 'run' && state.runs.has(input.value.fact.run)) touched.runs.add(input.value.fact.run);
  for (const outcome of outcomes) touchOutcome(touched, outcome);
};

const touchOutcome = (touched: Touched, outcome: Outcome): void => {
  switch (outcome.type) {
    case 'definition-applied': {
      const { kind, name, revision } = outcome.fact;
      touched.revisions.add(`${kind}/${name}@${revision}`);
      if (revision !== '1') touched.revisions.add(`${kind}/${name}@${Number(revision) - 1}`);
      return;
    }
    case 'definition-activated':
    case 'definition-retired':
      touched.revisions.add(`${outcome.fact.kind}/${outcome.fact.name}@${outcome.fact.revision}`);
      return;
    case 'training-requested':
    case 'cancellation-requested':
      touched.runs.add(outcome.fact.run);
      return;
    case 'version-registered':
      touched.runs.add(outcome.fact.run);
      touched.models.add(outcome.fact.model);
      return;
    case 'version-reviewed':
    case 'version-checked':
    case 'model-noted':
    case 'alias-assigned':
    case 'alias-removed':
    case 'promotion-withheld':
      touched.models.add(outcome.fact.model);
      return;
    case 'deployment-updated':
      touched.deployments.add(outcome.fact.deployment);
      return;
    case 'rollout-changed':
    case 'experiment-weighed':
      touched.deployments.add(outcome.fact.deployment);
      return;
    case 'replay-reported':
    case 'trigger-suppressed':
    case 'webhook-set':
    case 'webhook-removed':
    case 'command-refused':
      return;
  }
};
