import { Global, Module, type DynamicModule, type Type } from '@nestjs/common';
import type { CommonConfig } from './config';
import { HealthController } from './http/health.controller';
import { StateController } from './http/state.controller';
import { LogTransport } from './log-transport';
import {
  ACCESS_LOG,
  ARTIFACT_STORE,
  CLOCK,
  CONFIG,
  EVENT_LOG,
  LOGGER,
  METRICS,
  SLEEP,
  TRACING,
  type Ports,
} from './ports';
import { Readiness } from './readiness';
import { ReadModels } from './state/read-models';

/** Binds the ports to their tokens for the whole service, and adds the doors that every service has. */
@Global()
@Module({})
export class RuntimeModule {
  static with(config: CommonConfig, ports: Ports): DynamicModule {
    const values: readonly (readonly [symbol, unknown])[] = [
      [CONFIG, config],
      [EVENT_LOG, ports.log],
      [ARTIFACT_STORE, ports.artifacts],
      [CLOCK, ports.clock],
      [SLEEP, ports.sleep],
      [LOGGER, ports.logger],
      [METRICS, ports.metrics],
      [TRACING, ports.tracing],
      [ACCESS_LOG, ports.accessLog],
    ];
    const providers = [
      ...values.map(([provide, useValue]) => ({ provide, useValue })),
      { provide: Readiness, useValue: readinessOf(ports) },
      { provide: LogTransport, useValue: new LogTransport(ports.logger) },
      { provide: ReadModels, useValue: new ReadModels() },
    ];
    return {
      module: RuntimeModule,
      controllers: [HealthController, StateController],
      providers,
      exports: providers,
    };
  }
}

/** The application's root: the runtime and one service's module. */
export const rootModule = (runtime: DynamicModule, service: Type | DynamicModule): DynamicModule => ({
  module: ServiceRoot,
  imports: [runtime, service],
});

class ServiceRoot {}

const readinessOf = (ports: Ports): Readiness => {
  const readiness = new Readiness();
  readiness.register({ name: 'kafka', check: () => ports.log.ping() });
  readiness.register({ name: 'artifacts', check: () => ports.artifacts.ping() });
  return readiness;
};
