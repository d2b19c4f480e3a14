import { Type } from 'typebox';
import {
  SERVICE_PORTS,
  commonRules,
  commonVariables,
  compileCommon,
  defineConfig,
  type CommonConfig,
  type ServiceName,
} from '#runtime';

export interface MonitoringConfig extends CommonConfig {
  readonly tickMs: number;
  /** The mail server that alerts are sent by; null: none. */
  readonly smtp: { readonly url: string | null; readonly from: string };
  readonly replays: { readonly directory: string; readonly workers: number };
  /** Address of each service's doors, as a browser reaches them. */
  readonly doors: Readonly<Record<ServiceName, string>>;
}

const doorOf = (service: ServiceName) =>
  Type.String({
    default: `http://127.0.0.1:${SERVICE_PORTS[service]}`,
    pattern: '^https?://',
    examples: [`https://${service}.example.com`],
    description: `address of the doors of ${service}, as a browser reaches them; told at /config.json`,
  });

export const monitoringConfig = defineConfig({
  service: 'monitoring',
  variables: {
    ...commonVariables('monitoring'),
    PLAYHEAD_MONITORING_TICK_MS: Type.Integer({
      default: 10_000,
      minimum: 10,
      unit: 'ms',
      examples: [60_000],
      description:
        'how often a change that labels made in a measured window is told although no later event came',
    }),
    PLAYHEAD_REPLAY_DIR: Type.String({
      default: '.',
      minLength: 1,
      examples: ['/var/lib/playhead'],
      description: 'where replays that are asked for at the door keep their checkpoints, below `replays`',
    }),
    PLAYHEAD_REPLAY_WORKERS: Type.Integer({
      default: 1,
      minimum: 1,
      unit: 'processes',
      examples: [4],
      description: 'that work on such a replay',
    }),
    PLAYHEAD_MONITORING_SMTP_URL: Type.Optional(
      Type.String({
        pattern: '^smtps?://',
        secret: true,
        examples: ['smtp://user:password@mail.example.com:587'],
        description: 'the mail server that alerts are sent by; without it those to `email` wait',
      }),
    ),
    PLAYHEAD_MONITORING_SMTP_FROM: Type.String({
      default: 'playhead@localhost',
      examples: ['playhead@example.com'],
      description: 'the sender of alerts by mail',
    }),
    PLAYHEAD_URL_INGESTION: doorOf('ingestion'),
    PLAYHEAD_URL_FEATURE: doorOf('feature'),
    PLAYHEAD_URL_TRAINING: doorOf('training'),
    PLAYHEAD_URL_REGISTRY: doorOf('registry'),
    PLAYHEAD_URL_SERVING: doorOf('serving'),
    PLAYHEAD_URL_MONITORING: doorOf('monitoring'),
  },
  rules: commonRules,
  compile: (options): MonitoringConfig => ({
    ...compileCommon('monitoring', options),
    tickMs: options.PLAYHEAD_MONITORING_TICK_MS,
    smtp: {
      url: options.PLAYHEAD_MONITORING_SMTP_URL ?? null,
      from: options.PLAYHEAD_MONITORING_SMTP_FROM,
    },
    replays: { directory: options.PLAYHEAD_REPLAY_DIR, workers: options.PLAYHEAD_REPLAY_WORKERS },
    doors: {
      ingestion: options.PLAYHEAD_URL_INGESTION,
      feature: options.PLAYHEAD_URL_FEATURE,
      training: options.PLAYHEAD_URL_TRAINING,
      registry: options.PLAYHEAD_URL_REGISTRY,
      serving: options.PLAYHEAD_URL_SERVING,
      monitoring: options.PLAYHEAD_URL_MONITORING,
    },
  }),
});
