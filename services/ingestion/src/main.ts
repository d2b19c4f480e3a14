import { runService } from '#runtime';
import { MAX_BODY_BYTES } from './http/event-body';
import { ingestionConfig } from './ingestion.config';
import { IngestionModule } from './ingestion.module';

void runService({
  config: ingestionConfig,
  module: IngestionModule,
  environment: process.env,
  bodies: 'raw',
  bodyLimitBytes: MAX_BODY_BYTES,
});
