import { runService } from '#runtime';
import { monitoringConfig } from './monitoring.config';
import { MonitoringModule } from './monitoring.module';

void runService({ config: monitoringConfig, module: MonitoringModule, environment: process.env });
