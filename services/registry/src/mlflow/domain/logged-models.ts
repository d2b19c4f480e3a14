import type { LoggedModel, ModelMetric } from './entities';
import type { FactOf } from './facts';
import { DONE, changed, refuse, sorted, type Outcome } from './outcome';

/**
 * Models that clients logged, each written from the partition of its id; what runs measured of them, from the partitions of the runs.
 */
export class LoggedModels {
  private readonly byId = new Map<string, LoggedModel>();
  private readonly byExperiment = new Map<string, Set<string>>();
  private readonly measured = new Map<string, Map<string, ModelMetric>>();

  get(id: string): LoggedModel | undefined {
    return this.byId.get(id);
  }

  of(experiment: string): LoggedModel[] {
    return [...(this.byExperiment.get(experiment) ?? [])].flatMap((id) => this.byId.get(id) ?? []);
  }

  /** The latest of each metric, run and data set, in an order of its own. */
  metricsOf(id: string): ModelMetric[] {
    return [...(this.measured.get(id) ?? [])]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, metric]) => metric);
  }

  create(fact: FactOf<'logged-model-created'>): Outcome {
    const { model: id, experiment, artifacts, name, model_type: type, run, params, tags, at } = fact;
    if (this.byId.has(id))
      return refuse('RESOURCE_ALREADY_EXISTS', `Logged model with id=${id} already exists`);
    this.byId.set(id, {
      id,
      experiment,
      artifacts,
      name,
      ...(type !== undefined && { type }),
      ...(run !== undefined && { run }),
      status: 'LOGGED_MODEL_PENDING',
      created: at,
      updated: at,
      params: new Map(Object.entries(params)),
      tags: new Map(Object.entries(tags)),
    });
    const siblings = this.byExperiment.get(experiment);
    if (siblings) siblings.add(id);
    else this.byExperiment.set(experiment, new Set([id]));
    return DONE;
  }

  change({ model: id, status, params, tags, deleted, at }: FactOf<'logged-model-changed'>): Outcome {
    const model = this.byId.get(id);
    if (!model) return refuse('RESOURCE_DOES_NOT_EXIST', `Logged model with ID '${id}' not found.`);
    if (deleted) {
      this.byId.delete(id);
      this.byExperiment.get(model.experiment)?.delete(id);
      return DONE;
    }
    const missing = Object.entries(tags ?? {}).find(([key, value]) => value === null && !model.tags.has(key));
    if (missing)
      return refuse('RESOURCE_DOES_NOT_EXIST', `No tag with key '${missing[0]}' for model with ID '${id}'.`);
    this.byId.set(id, {
      ...model,
      status: status ?? model.status,
      params: changed(model.params, params),
      tags: changed(model.tags, tags),
      updated: at,
    });
    return DONE;
  }

  /** What a run measured of the models that its metrics name. */
  measure({ run, metrics = [] }: FactOf<'batch-logged'>): void {
    for (const { key, value, step, time, model, dataset, digest } of metrics) {
      if (model === undefined) continue;
      let ofModel = this.measured.get(model);
      if (!ofModel) this.measured.set(model, (ofModel = new Map<string, ModelMetric>()));
      const id = JSON.stringify([key, run, dataset ?? '', digest ?? '']);
      const known = ofModel.get(id);
      if (known && (known.step > step || (known.step === step && known.time > time))) continue;
      ofModel.set(id, {
        key,
        value: Number(value),
        step,
        time,
        run,
        ...(dataset !== undefined && { dataset }),
        ...(digest !== undefined && { digest }),
      });
    }
  }

  *rows(): Generator<readonly [string, unknown]> {
    for (const { params, tags, ...model } of this.byId.values())
      yield [`logged model ${model.id}`, { ...model, params: sorted(params), tags: sorted(tags) }];
    for (const id of this.measured.keys())
      yield [
        `measured ${id}`,
        this.metricsOf(id).map((metric) => ({ ...metric, value: String(metric.value) })),
      ];
  }
}
