import { parseDuration } from '#kernel';
import { nearest } from '../fault';
import {
  metricsOf,
  monitorConflicts,
  routeMetricsOf,
  scoreMetricsOf,
  tasksOfTrainer,
  type MetricName,
  type Task,
  type TrainerName,
} from '../kinds';
import type { CheckContext } from './context';

export const checkLabel = (context: CheckContext<'Label'>): void => {
  const { spec } = context.definition;
  const stream = context.find('Stream', spec.stream, ['spec', 'stream']);
  if (!stream) return;
  context.field(stream, spec.on, ['string', 'integer'], ['spec', 'on']);
  context.field(stream, spec.value, ['boolean', 'integer', 'number'], ['spec', 'value']);
};

export const checkModel = (context: CheckContext<'Model'>): void => {
  const { spec } = context.definition;
  context.find('FeatureService', spec.features, ['spec', 'features']);
  const label = context.find('Label', spec.label, ['spec', 'label']);
  if ((spec.task === 'ranking') !== (spec.query !== undefined))
    context.say(
      ['spec', 'task'],
      spec.task === 'ranking'
        ? 'a ranking model needs `query`: the feature, or the field of the trigger, whose equal values are one query'
        : `a ${spec.task} model has no \`query\``,
    );
  const stream = label && context.project.find('Stream', label.spec.stream);
  const value = stream?.spec.fields.find((field) => field.name === label?.spec.value);
  if (spec.task === 'multiclass' && value && value.type !== 'integer')
    context.say(
      ['spec', 'label'],
      `label \`${spec.label}\` is a ${value.type}; a multiclass model needs an integer: 0, 1, ... for each class`,
    );
  if (spec.task === 'regression' && value?.type === 'boolean') {
    context.say(
      ['spec', 'label'],
      `label \`${spec.label}\` is a boolean; a regression needs a number`,
      'binary',
    );
  }
  if (spec.split.by === 'time' && parseDuration(spec.split.holdout) === 0)
    context.say(['spec', 'split', 'holdout'], 'nothing is held out, so no gate can be judged');

  checkFields(context);
  const { kind, parameters, search } = spec.trainer;
  const tasks = tasksOfTrainer(kind);
  if (!tasks.includes(spec.task)) {
    context.say(
      ['spec', 'trainer', 'kind'],
      `trainer ${kind} learns ${tasks.join(' and ')}, not ${spec.task}`,
      TRAINER_OF[spec.task],
    );
  }
  const isChecked =
    tasks.includes(spec.task) && (!search || scoreMetricsOf(spec.task).includes(search.metric));
  for (const message of isChecked ? context.trainerFaults(kind, spec.task, parameters, search) : []) {
    // Trainers quote the parameter first.
    const name = /"([^"]+)"/.exec(message)?.[1] ?? '';
    if (search && !(name in parameters)) context.say(['spec', 'trainer', 'search'], message);
    else context.say(['spec', 'trainer', 'parameters', name], message, undefined, 'key');
  }
  for (const [index, { metric }] of spec.gates.entries())
    checkMetric(context, metric, metricsOf(spec.task), spec.task, ['spec', 'gates', index, 'metric']);
  if (search)
    checkMetric(context, search.metric, scoreMetricsOf(spec.task), spec.task, [
      'spec',
      'trainer',
      'search',
      'metric',
    ]);
};

/** What rows are divided by must stand in the data set: a feature, or a field of the trigger. */
const checkFields = (context: CheckContext<'Model'>): void => {
  const { spec } = context.definition;
  const service = context.project.find('FeatureService', spec.features);
  const trigger = service && context.project.find('Stream', service.spec.trigger);
  const views = service?.spec.views.map((view) => context.project.find('FeatureView', view));
  if (!trigger || !views || views.some((view) => view === undefined)) return;
  const known = [
    ...views.flatMap((view) => view!.spec.features.map(({ name }) => name)),
    ...trigger.spec.fields.map(({ name }) => name),
  ];
  const named: (readonly [string | undefined, readonly (string | number)[]])[] = [
    [spec.query, ['spec', 'query']],
    ...(spec.evaluate?.slices ?? []).map((field, at) => [field, ['spec', 'evaluate', 'slices', at]] as const),
    [spec.evaluate?.fairness?.group, ['spec', 'evaluate', 'fairness', 'group']],
    ...spec.gates.flatMap(({ slice, group }, at) => [
      [slice, ['spec', 'gates', at, 'slice']] as const,
      [group, ['spec', 'gates', at, 'group']] as const,
    ]),
  ];
  for (const [field, path] of named) {
    if (field === undefined || known.includes(field)) continue;
    context.say(
      path,
      `${field} is neither a feature of ${spec.features} nor a field of ${trigger.name}`,
      nearest(field, known),
    );
  }
};

const TRAINER_OF: Readonly<Record<Task, TrainerName>> = {
  binary: 'logistic',
  multiclass: 'logistic',
  regression: 'linear',
  anomaly: 'isolation-forest',
  ranking: 'gbdt',
};

const checkMetric = (
  context: CheckContext,
  metric: MetricName,
  fitting: readonly MetricName[],
  task: Task,
  path: readonly (string | number)[],
): void => {
  if (fitting.includes(metric)) return;
  context.say(
    path,
    `${metric} is no metric of a ${task} model; there are ${fitting.join(', ')}`,
    nearest(metric, fitting),
  );
};

export const checkDeployment = (context: CheckContext<'Deployment'>): void => {
  const { name, spec } = context.definition;
  const model = context.find('Model', spec.model, ['spec', 'model']);
  if (!model) return;
  if (
    spec.threshold !== undefined &&
    model.spec.task === 'binary' &&
    !(spec.threshold >= 0 && spec.threshold <= 1)
  ) {
    context.say(
      ['spec', 'threshold'],
      `\`threshold\` ${spec.threshold} is no probability; it must be from 0 to 1`,
    );
  }
  checkRoutes(context, model.spec.task);
  const before = context.before.find('Deployment', name);
  const boundBefore = before?.spec.bind;
  if (boundBefore !== undefined && spec.bind !== undefined && spec.bind !== boundBefore)
    context.say(
      ['spec', 'bind'],
      `a deployment answers one bound topic for ever, and this one answers ${boundBefore}: write a new deployment`,
    );
  const modelBefore = before && context.before.find('Model', before.spec.model);
  if (modelBefore && modelBefore.spec.features !== model.spec.features) {
    const services = `${modelBefore.spec.features}, and model \`${model.name}\` reads ${model.spec.features}`;
    context.say(
      ['spec', 'model'],
      `a deployment reads one feature service for ever; this one reads ${services}: write a new deployment`,
    );
  }
};

/** What can be counted of a route depends on the task: decisions of those with a threshold, labels of binary ones. */
const checkRoutes = (context: CheckContext<'Deployment'>, task: Task): void => {
  const { spec } = context.definition;
  const metrics = routeMetricsOf(task);
  spec.rollout?.abort.forEach(({ metric }) => {
    if (!metrics.includes(metric))
      context.say(
        ['spec', 'rollout', 'abort'],
        `${metric} is not known of a route of a ${task} model; there are ${metrics.join(', ')}`,
        nearest(metric, metrics),
      );
  });
  if (spec.experiment?.bandit && task !== 'binary')
    context.say(
      ['spec', 'experiment', 'strategy'],
      `a bandit needs a binary model, and this one is ${task}; write ab`,
    );
};

export const checkMonitor = (context: CheckContext<'Monitor'>): void => {
  const { spec } = context.definition;
  if (typeof spec.window === 'string' && parseDuration(spec.window) === 0)
    context.say(['spec', 'window'], 'the window is empty');
  for (const { path, message } of monitorConflicts(spec)) context.say(['spec', ...path], message);
  const deployment = context.find('Deployment', spec.deployment, ['spec', 'deployment']);
  const model = deployment && context.project.find('Model', deployment.spec.model);
  if (!model) return;
  checkWatched(context, model.spec.features);
  const { task } = model.spec;
  if (spec.fairness && task !== 'binary')
    context.say(
      ['spec', 'fairness'],
      `fairness compares the decisions of binary models; this one is ${task}`,
    );
  if (!spec.performance) return;
  const { metric, estimate, detect } = spec.performance;
  const path = ['spec', 'performance'];
  checkMetric(context, metric, scoreMetricsOf(task), task, [...path, 'metric']);
  const wanted = estimate && ESTIMATED_TASK[estimate];
  if (wanted && task !== wanted)
    context.say([...path, 'estimate'], `${estimate} estimates ${wanted} models; this one is ${task}`);
  if (detect && task !== 'binary' && task !== 'regression')
    context.say(
      [...path, 'detect'],
      `detectors watch the errors of binary models and regressions; this one is ${task}`,
    );
};

const ESTIMATED_TASK = { cbpe: 'binary', dle: 'regression' } as const;

/** What a monitor looks at must stand in the vector or in the event that made it. */
const checkWatched = (context: CheckContext<'Monitor'>, serviceName: string): void => {
  const { drift, slices = [], fairness = [] } = context.definition.spec;
  const service = context.project.find('FeatureService', serviceName);
  const trigger = service && context.project.find('Stream', service.spec.trigger);
  const views = service?.spec.views.map((view) => context.project.find('FeatureView', view));
  if (!trigger || !views || views.some((view) => view === undefined)) return;
  const features = views.flatMap((view) => view!.spec.features.map(({ name }) => name));
  const known = [...features, ...trigger.spec.fields.map(({ name }) => name)];
  for (const [at, feature] of (drift.features === 'auto' ? [] : drift.features).entries())
    if (!features.includes(feature))
      context.say(
        ['spec', 'drift', 'features', at],
        `${feature} is no feature of ${serviceName}`,
        nearest(feature, features),
      );
  const fields = [
    ...slices.map((field, at) => [field, ['spec', 'slices', at]] as const),
    ...fairness.map(({ group }, at) => [group, ['spec', 'fairness', at, 'group']] as const),
  ];
  for (const [field, path] of fields)
    if (!known.includes(field))
      context.say(
        path,
        `${field} is neither a feature of ${serviceName} nor a field of ${trigger.name}`,
        nearest(field, known),
      );
};
