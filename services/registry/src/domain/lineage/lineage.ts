import { TOPICS } from '#contracts';
import type { Input, InputPosition, RunReport } from '../inputs';
import type { Outcome, OutcomeOf } from '../outcomes';
import type { RegistryState, Run } from '../state';
import {
  dataset,
  errorFacet,
  ownFacet,
  runEvent,
  schemaFacet,
  versionFacet,
  type Facets,
  type LineageDataset,
  type RunEvent,
  type RunEventParts,
} from './run-event';

/** One input with all that followed from it. */
export interface Decision {
  readonly before: RegistryState;
  readonly after: RegistryState;
  readonly input: Input;
  readonly outcomes: readonly Outcome[];
  readonly at: InputPosition;
}

type Deployment = OutcomeOf<'deployment-updated'>['fact'];
/** A run whose data set is there. */
type Started = Pick<
  Extract<RunReport['value'], { type: 'training.run.started' }>['fact'],
  'dataset' | 'rows' | 'dataset_manifest' | 'cut'
>;

/**
 * What an input means for lineage, as OpenLineage run events. Three jobs: a data set is built (from the request to the start of the fit), a
 * model is fitted (to the version that is registered), a deployment scores a stream (until its next update). Pure: what it says of offsets
 * and digests stands in the facts.
 */
export const lineageOf = (namespace: string, decision: Decision): RunEvent[] => {
  const made = new Lineage(namespace, decision.at.time);
  return [
    ...decision.outcomes.flatMap((outcome) =>
      outcome.type === 'training-requested' ? [made.datasetBegun(outcome.fact)] : [],
    ),
    ...runReported(made, decision),
    ...decision.outcomes.flatMap((outcome) =>
      outcome.type === 'deployment-updated' ? deploymentUpdated(made, decision, outcome.fact) : [],
    ),
  ];
};

/** A report that was taken over; of one that was known before, nothing follows. */
const runReported = (made: Lineage, { before, after, input, outcomes }: Decision): RunEvent[] => {
  if (input.type !== 'run') return [];
  const run = after.runs.get(input.value.fact.run);
  if (!run || run.report !== input.value) return [];
  const { value } = input;
  const hasStarted = before.runs.get(run.run)?.status === 'started';
  switch (value.type) {
    case 'training.run.started':
      return [made.datasetBuilt(run, value.fact), made.fitBegun(run, value.fact)];
    case 'training.run.completed': {
      const version = outcomes.find((outcome) => outcome.type === 'version-registered');
      const begun = hasStarted ? [] : [made.datasetBuilt(run, value.fact), made.fitBegun(run, value.fact)];
      return version ? [...begun, made.fitDone(run, version.fact)] : begun;
    }
    case 'training.run.cancelled':
      return [made.ended(run, hasStarted, 'ABORT', {})];
    case 'training.run.failed':
    case 'training.run.rejected':
      return [
        made.ended(run, hasStarted, 'FAIL', {
          errorMessage: errorFacet(`${value.fact.code}: ${value.fact.message}`),
        }),
      ];
  }
};

const deploymentUpdated = (made: Lineage, { before, at }: Decision, fact: Deployment): RunEvent[] => {
  const previous = before.deployments.get(fact.deployment);
  return [
    ...(previous?.fact.state === 'active'
      ? [made.scoring('COMPLETE', previous.fact, previous.position)]
      : []),
    ...(fact.state === 'active' ? [made.scoring('START', fact, at.offset)] : []),
  ];
};

/** Names: topics as they stand below the namespace, which is also OpenLineage's; data sets and models under a name of their own. */
class Lineage {
  constructor(
    private readonly namespace: string,
    private readonly time: string,
  ) {}

  datasetBegun(request: Run['request']): RunEvent {
    return this.event('START', this.buildJob(request), { inputs: this.rowsOf(request) });
  }

  datasetBuilt(run: Run, fact: Started): RunEvent {
    const { request } = run;
    return this.event('COMPLETE', this.buildJob(request), {
      inputs: this.rowsOf(request, fact.cut),
      outputs: [this.dataset(request, fact)],
    });
  }

  fitBegun(run: Run, fact: Started): RunEvent {
    return this.event('START', this.fitJob(run.request), { inputs: [this.dataset(run.request, fact)] });
  }

  fitDone(run: Run, version: OutcomeOf<'version-registered'>['fact']): RunEvent {
    return this.event('COMPLETE', this.fitJob(run.request), {
      inputs: [this.dataset(run.request, { dataset: version.dataset })],
      outputs: [
        this.model(version.model, version.version, {
          artifact: version.artifact,
          manifest: version.manifest,
          passed: version.passed,
        }),
      ],
    });
  }

  ended(run: Run, hasStarted: boolean, type: 'FAIL' | 'ABORT', facets: Facets): RunEvent {
    const job = hasStarted ? this.fitJob(run.request) : this.buildJob(run.request);
    return this.event(type, { ...job, facets: { ...job.facets, ...facets } }, {});
  }

  scoring(type: 'START' | 'COMPLETE', fact: Deployment, position: number): RunEvent {
    const { deployment, model, service, routes, revision, definition } = fact;
    return this.event(
      type,
      {
        job: `serving.${deployment}`,
        processing: 'STREAMING',
        run: `0-${position}`,
        facets: {
          playhead_run: ownFacet('run', { input: `registry.inputs:0-${position}`, revision, definition }),
        },
      },
      {
        inputs: [
          this.vectors(service),
          ...routes.map(({ version, artifact }) => this.model(model, version, { artifact })),
        ],
        outputs: [dataset(this.namespace, TOPICS.predictions(deployment), {})],
      },
    );
  }

  private buildJob(request: Run['request']): Job {
    return { job: `datasets.${request.model}`, ...runOf(request) };
  }

  private fitJob(request: Run['request']): Job {
    const { trainer, seed } = request;
    const facets = { trainer: trainer.kind, parameters: trainer.parameters, seed };
    return { job: `training.${request.model}`, ...runOf(request, facets) };
  }

  /** What a data set is made of: vectors and labels, with the offsets that were read where they are known. */
  private rowsOf({ service, label }: Run['request'], cut: Started['cut'] = []): LineageDataset[] {
    const topic = TOPICS.observations(label.stream);
    return [
      this.vectors(service, cut),
      dataset(this.namespace, topic, {
        playhead_dataset: ownFacet('dataset', { definition: label.digest, ranges: rangesOf(topic, cut) }),
      }),
    ];
  }

  private vectors(
    { name, digest, features }: Run['request']['service'],
    cut: Started['cut'] = [],
  ): LineageDataset {
    const topic = TOPICS.vectors(name);
    return dataset(this.namespace, topic, {
      schema: schemaFacet(features),
      playhead_dataset: ownFacet('dataset', { definition: digest, ranges: rangesOf(topic, cut) }),
    });
  }

  private dataset(
    { model, service }: Run['request'],
    fact: Pick<Started, 'dataset'> & Partial<Started>,
  ): LineageDataset {
    return dataset(this.namespace, `datasets/${model}`, {
      schema: schemaFacet([...service.features, 'label']),
      version: versionFacet(fact.dataset),
      playhead_dataset: ownFacet('dataset', {
        digest: fact.dataset,
        ...(fact.dataset_manifest === undefined ? {} : { manifest: fact.dataset_manifest }),
        ...(fact.rows === undefined ? {} : { rows: fact.rows }),
      }),
    });
  }

  private model(name: string, version: number, content: Readonly<Record<string, unknown>>): LineageDataset {
    return dataset(this.namespace, `models/${name}`, {
      version: versionFacet(String(version)),
      playhead_dataset: ownFacet('dataset', content),
    });
  }

  private event(
    type: RunEvent['eventType'],
    job: Job,
    data: Pick<RunEventParts, 'inputs' | 'outputs'>,
  ): RunEvent {
    return runEvent({ type, time: this.time, namespace: this.namespace, ...job, ...data });
  }
}

type Job = Pick<RunEventParts, 'job' | 'processing' | 'run' | 'facets'>;

const runOf = (
  { run, definition, requested_by }: Run['request'],
  more: Readonly<Record<string, unknown>> = {},
): Omit<Job, 'job'> => ({
  processing: 'BATCH',
  run,
  facets: { playhead_run: ownFacet('run', { run, definition, requested_by, ...more }) },
});

const rangesOf = (topic: string, cut: NonNullable<Started['cut']>): object[] =>
  cut.filter((range) => range.topic === topic).map(({ partition, from, to }) => ({ partition, from, to }));
