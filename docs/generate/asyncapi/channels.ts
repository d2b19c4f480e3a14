import { TOPICS } from '#contracts';
import { DERIVED_MAX_BYTES } from '#runtime';
import { PLATFORM_SETTINGS } from '../../../libs/eventlog/src/kafka/topics';
import { topicsOf as topicsOfStream } from '../../../services/ingestion/src/handlers/stream-worker';

const BINDING_VERSION = '0.5.0';
const DAY_MS = 86_400_000;
/** What a stream has whose definition does not say otherwise. */
const BY_DEFAULT = { name: '<stream>', partitions: 8, latenessMs: DAY_MS, dedupeMs: DAY_MS };

/** `training.runs` of `training.runs`, `ingestion.inbox` of `ingestion.inbox.<stream>`, `platform.snapshots` of `<service>.snapshots`. */
export const channelIdOf = (topic: string): string =>
  topic.replace(/^<service>/, 'platform').replace(/\.<[a-z]+>$/, isSuffixed(topic) ? '.each' : '');

/** `monitoring.inputs` and `monitoring.inputs.<deployment>` are two channels, `training.inputs` and `training.inputs.<model>`, too. */
const isSuffixed = (topic: string): boolean =>
  topic === TOPICS.deploymentInputs('<deployment>') || topic === TOPICS.learnerInputs('<model>');

const parameterOf = (topic: string, name: string): string =>
  name === 'service' && !topic.startsWith('<') ? 'featureService' : name;

export const PARAMETERS = {
  namespace: {
    default: 'playhead',
    description: 'prefix of all topics of a platform (PLAYHEAD_NAMESPACE); two namespaces never meet',
  },
  stream: { description: 'name of a Stream definition', examples: ['transactions'] },
  featureService: { description: 'name of a FeatureService definition', examples: ['fraud'] },
  entity: { description: 'the field that says whose features a stage computes', examples: ['terminal_id'] },
  model: { description: 'name of a Model definition', examples: ['fraud'] },
  deployment: { description: 'name of a Deployment definition', examples: ['fraud'] },
};

/** One channel: its address below the namespace, its messages, and how its topic is made. */
export const channelOf = (
  topic: string,
  title: string,
  messages: readonly string[],
  services: readonly string[],
) => {
  const names = [...topic.matchAll(/<([a-z]+)>/g)].map(([, name]) => name!);
  return {
    address: `{namespace}.${topic.replaceAll('<', '{').replaceAll('>', '}')}`,
    title,
    parameters: Object.fromEntries(
      ['namespace', ...names].map((name) => [
        name,
        topic.startsWith('<')
          ? name === 'namespace'
            ? { $ref: '#/components/parameters/namespace' }
            : { description: 'which of the services', enum: services }
          : { $ref: `#/components/parameters/${parameterOf(topic, name)}` },
      ]),
    ),
    messages: Object.fromEntries(messages.map((type) => [type, { $ref: `#/components/messages/${type}` }])),
    servers: [{ $ref: '#/servers/local' }],
    bindings: { kafka: kafkaBinding(topic, names) },
  };
};

/** As the services make their topics: the settings of the platform, then the topic's own. */
const kafkaBinding = (topic: string, parameters: readonly string[]): object => {
  const own = topicsOfStream(BY_DEFAULT).find(({ name }) => name === topic)?.config;
  const settings: Record<string, string> = {
    ...PLATFORM_SETTINGS,
    'max.message.bytes': String(DERIVED_MAX_BYTES),
    ...own,
  };
  const numbers = ['retention.ms', 'max.message.bytes'] as const;
  return {
    partitions: parameters.length === 0 || topic.startsWith('<') ? 1 : BY_DEFAULT.partitions,
    topicConfiguration: {
      'cleanup.policy': [settings['cleanup.policy']],
      ...Object.fromEntries(numbers.map((name) => [name, Number(settings[name])])),
    },
    'x-topic-settings': Object.fromEntries(
      Object.entries(settings).filter(([name]) => !['cleanup.policy', ...numbers].includes(name)),
    ),
    bindingVersion: BINDING_VERSION,
  };
};

export const keyBinding = (key: string): object => ({
  kafka: { key: { type: 'string', description: key }, bindingVersion: BINDING_VERSION },
});
