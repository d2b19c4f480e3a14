import { Type } from 'typebox';
import { commonRules, commonVariables, compileCommon, defineConfig, type CommonConfig } from '#runtime';

export interface RegistryConfig extends CommonConfig {
  /** How long a door waits until its own request is folded. */
  readonly patienceMs: number;
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
  },
  rules: commonRules,
  compile: (options): RegistryConfig => ({
    ...compileCommon('registry', options),
    patienceMs: options.PLAYHEAD_REGISTRY_PATIENCE_MS,
  }),
});
