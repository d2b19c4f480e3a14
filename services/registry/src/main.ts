import { runService } from '#runtime';
import { streamUploads } from './mlflow/http/artifact-bytes';
import { registryConfig } from './registry.config';
import { RegistryModule } from './registry.module';

void runService({
  config: registryConfig,
  module: RegistryModule,
  environment: process.env,
  bodyLimitBytes: 4 * 1_048_576,
  prepare: streamUploads,
});
