import { runService } from '#runtime';
import { servingConfig } from './serving.config';
import { ServingModule } from './serving.module';

void runService({ config: servingConfig, module: ServingModule, environment: process.env });
