/**
 * Every topic of the platform, below the namespace (architecture.md section 1). The first word is the owner, the only writer
 * (an inbox is written by producers).
 */
export const TOPICS = {
  inbox: (stream: string) => `ingestion.inbox.${stream}`,
  observations: (stream: string) => `ingestion.observations.${stream}`,
  rejections: (stream: string) => `ingestion.rejections.${stream}`,
  featureInputs: (service: string, entity: string) => `feature.inputs.${service}.${entity}`,
  parts: (service: string) => `feature.parts.${service}`,
  vectors: (service: string) => `feature.vectors.${service}`,
  datasets: 'feature.datasets',
  revisions: 'feature.revisions',
  trainingInputs: 'training.inputs',
  learnerInputs: (model: string) => `training.inputs.${model}`,
  runs: 'training.runs',
  progress: 'training.progress',
  registryInputs: 'registry.inputs',
  requests: 'registry.requests',
  definitions: 'registry.definitions',
  models: 'registry.models',
  deployments: 'registry.deployments',
  rolloutChanges: 'registry.rollouts',
  replays: 'registry.replays',
  lineage: 'registry.lineage',
  webhooks: 'registry.webhooks',
  tracking: 'registry.tracking',
  predictions: (deployment: string) => `serving.predictions.${deployment}`,
  shadows: (deployment: string) => `serving.shadows.${deployment}`,
  answers: (deployment: string) => `serving.answers.${deployment}`,
  servingRequests: (deployment: string) => `serving.requests.${deployment}`,
  servingStatus: 'serving.status',
  monitoringInputs: 'monitoring.inputs',
  deploymentInputs: (deployment: string) => `monitoring.inputs.${deployment}`,
  reports: 'monitoring.reports',
  rollouts: 'monitoring.rollouts',
  alerts: 'monitoring.alerts',
  notifications: 'monitoring.notifications',
  monitoringReplays: 'monitoring.replays',
  deadLetters: (service: string) => `${service}.dead-letters`,
  snapshots: (service: string) => `${service}.snapshots`,
  segments: (service: string) => `${service}.segments`,
} as const;

/** The full name: `<namespace>.<name>`. */
export const qualify = (namespace: string, name: string): string => `${namespace}.${name}`;

/** The name below the namespace of a full topic name. */
export const unqualify = (namespace: string, topic: string): string =>
  topic.startsWith(`${namespace}.`) ? topic.slice(namespace.length + 1) : topic;
