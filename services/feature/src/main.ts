import { runService } from '#runtime';
import { featureConfig } from './feature.config';
import { FeatureModule } from './feature.module';

void runService({ config: featureConfig, module: FeatureModule, environment: process.env });
