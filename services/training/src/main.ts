import { runService } from '#runtime';
import { trainingConfig } from './training.config';
import { TrainingModule } from './training.module';

void runService({ config: trainingConfig, module: TrainingModule, environment: process.env });
