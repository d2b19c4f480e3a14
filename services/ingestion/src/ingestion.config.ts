import { Type } from 'typebox';
import { commonRules, commonVariables, compileCommon, defineConfig, type CommonConfig } from '#runtime';

const MIB = 1_048_576;

export interface IngestionConfig extends CommonConfig {
  readonly maxQueuedBytes: number;
  readonly diskGuard: { readonly path: string | undefined; readonly minFreeBytes: number };
}

export const ingestionConfig = defineConfig({
  service: 'ingestion',
  variables: {
    ...commonVariables('ingestion'),
    PLAYHEAD_INGEST_QUEUE_MIB: Type.Integer({
      default: 64,
      minimum: 1,
      maximum: 4_096,
      unit: 'MiB',
      examples: [256],
      description: 'events that wait to be appended; the HTTP door answers 429 beyond',
    }),
    PLAYHEAD_DISK_GUARD_PATH: Type.Optional(
      Type.String({
        examples: ['/var/lib/kafka'],
        description:
          "a folder on the broker's disk; the HTTP door answers 503 while too little is free there. Not watched by default",
      }),
    ),
    PLAYHEAD_DISK_GUARD_MIN_FREE_MIB: Type.Integer({
      default: 512,
      minimum: 0,
      unit: 'MiB',
      examples: [2_048],
      description: 'what must be free at PLAYHEAD_DISK_GUARD_PATH',
    }),
  },
  rules: commonRules,
  compile: (options): IngestionConfig => ({
    ...compileCommon('ingestion', options),
    maxQueuedBytes: options.PLAYHEAD_INGEST_QUEUE_MIB * MIB,
    diskGuard: {
      path: options.PLAYHEAD_DISK_GUARD_PATH,
      minFreeBytes: options.PLAYHEAD_DISK_GUARD_MIN_FREE_MIB * MIB,
    },
  }),
});
