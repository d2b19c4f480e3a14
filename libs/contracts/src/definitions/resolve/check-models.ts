import { parseDuration } from '#kernel';
import { nearest } from '../fault';
import { metricsOf, taskOfMetric, type MetricName, type Task, type TrainerName } from '../kinds';
import type { CheckContext } from './context';

export const checkLabel = (context: CheckContext<'Label'>): void => {
  const { spec } = context.definition;
  const stream = context.find('Stream', spec.stream, ['spec', 'stream']);
  if (!stream) return;
  context.field(stream, spec.on, ['string', 'integer'], ['spec', 'on']);
  context.field(stream, spec.value, ['boolean', 'integer', 'number'], ['spec', 'value']);
};

const TASKS_OF: Readonly<Record<TrainerName, readonly Task[]>> = {
  gbdt: ['binary', 'regression'],
  logistic: ['binary'],
  linear: ['regression'],
};

export const checkModel = (context: CheckContext<'Model'>): void => {
  const { spec } = context.definition;
  context.find('FeatureService', spec.features, ['spec', 'features']);
  const label = context.find('Label', spec.label, ['spec', 'label']);
  const stream = label && context.project.find('Stream', label.spec.stream);
  const value = stream?.spec.fields.find((field) => field.name === label?.spec.value);
  if (spec.task === 'regression' && value?.type === 'boolean') {
    context.say(
      ['spec', 'label'],
      `label \`${spec.label}\` is a boolean; a regression needs a number`,
      'binary',
    );
  }
  if (spec.split.by === 'time' && parseDuration(spec.split.holdout) === 0)
    context.say(['spec', 'split', 'holdout'], 'nothing is held out, so no gate can be judged');
  if (spec.task !== 'binary' && spec.task !== 'regression') return;

  const { kind, parameters } = spec.trainer;
  if (!TASKS_OF[kind].includes(spec.task)) {
    context.say(
      ['spec', 'trainer', 'kind'],
      `trainer ${kind} learns ${TASKS_OF[kind].join(' and ')}, not ${spec.task}`,
      trainerOf(spec.task),
    );
  }
  for (const message of TASKS_OF[kind].includes(spec.task)
    ? context.trainerFaults(kind, spec.task, parameters)
    : []) {
    // Trainers quote the parameter first.
    const name = /"([^"]+)"/.exec(message)?.[1] ?? '';
    context.say(['spec', 'trainer', 'parameters', name], message, undefined, 'key');
  }
  for (const [index, { metric }] of spec.gates.entries())
    checkMetric(context, metric, spec.task, ['spec', 'gates', index, 'metric']);
};

const trainerOf = (task: Task): TrainerName => (task === 'binary' ? 'logistic' : 'linear');

const checkMetric = (
  context: CheckContext,
  metric: MetricName,
  task: Task,
  path: readonly (string | number)[],
): void => {
  if (taskOfMetric(metric) === task) return;
  const fitting = metricsOf(task);
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
  const before = context.before.find('Deployment', name);
  const modelBefore = before && context.before.find('Model', before.spec.model);
  if (modelBefore && modelBefore.spec.features !== model.spec.features) {
    const services = `${modelBefore.spec.features}, and model \`${model.name}\` reads ${model.spec.features}`;
    context.say(
      ['spec', 'model'],
      `a deployment reads one feature service for ever; this one reads ${services}: write a new deployment`,
    );
  }
};

export const checkMonitor = (context: CheckContext<'Monitor'>): void => {
  const { spec } = context.definition;
  if (parseDuration(spec.window) === 0) context.say(['spec', 'window'], 'the window is empty');
  const deployment = context.find('Deployment', spec.deployment, ['spec', 'deployment']);
  const model = deployment && context.project.find('Model', deployment.spec.model);
  if (model && spec.performance)
    checkMetric(context, spec.performance.metric, model.spec.task, ['spec', 'performance', 'metric']);
};
