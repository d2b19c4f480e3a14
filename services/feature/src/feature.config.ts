import { commonRules, commonVariables, compileCommon, defineConfig } from '#runtime';

export const featureConfig = defineConfig({
  service: 'feature',
  variables: commonVariables('feature'),
  rules: commonRules,
  compile: (options) => compileCommon('feature', options),
});
