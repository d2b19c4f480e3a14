import { Type } from 'typebox';
import { commonRules, commonVariables, compileCommon, defineConfig, type CommonConfig } from '#runtime';

export interface RegistryConfig extends CommonConfig {
  /** How long a door waits until its own request is folded. */
  readonly patienceMs: number;
  /** Largest file that an MLflow client may upload. */
  readonly artifactBytes: number;
  /** How often it looks whether a run is due by schedule, volume or an alert that is still open. */
  readonly triggersEveryMs: number;
  /** What the keys of webhooks are made from; null where none is given, and then none can be set. */
  readonly webhookSecret: string | null;
}

export const registryConfig = defineConfig({
  service: 'registry',
  variables: {
    ...commonVariables('registry'),
    PLAYHEAD_REGISTRY_PATIENCE_MS: Type.Integer({
      default: 10_000,
      minimum: 1,
      unit: 'ms',
      examples: [30_000],
      description: 'how long a door waits until its own request is folded before it answers 503',
    }),
    PLAYHEAD_REGISTRY_TRIGGERS_EVERY_MS: Type.Integer({
      default: 5_000,
      minimum: 10,
      unit: 'ms',
      examples: [60_000],
      description:
        'how often the registry looks whether a run is due by schedule, by new vectors or by an alert that is still open',
    }),
    PLAYHEAD_WEBHOOK_SECRET: Type.Optional(
      Type.String({
        minLength: 16,
        secret: true,
        examples: ['a-long-random-text'],
        description: 'what the keys that sign webhooks are made from; without it none can be set',
      }),
    ),
    PLAYHEAD_REGISTRY_ARTIFACT_BYTES: Type.Integer({
      default: 1_073_741_824,
      minimum: 1,
      unit: 'bytes',
      examples: [268_435_456],
      description: 'largest file that an MLflow client may upload as an artifact',
    }),
  },
  rules: commonRules,
  compile: (options): RegistryConfig => ({
    ...compileCommon('registry', options),
    patienceMs: options.PLAYHEAD_REGISTRY_PATIENCE_MS,
    artifactBytes: options.PLAYHEAD_REGISTRY_ARTIFACT_BYTES,
    webhookSecret: options.PLAYHEAD_WEBHOOK_SECRET ?? null,
    triggersEveryMs: options.PLAYHEAD_REGISTRY_TRIGGERS_EVERY_MS,
  }),
});
