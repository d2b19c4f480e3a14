import { hostname } from 'node:os';
import type { TProperties } from 'typebox';
import { ConfigurationError, messageOf } from '#kernel';
import { loadConfig, type CommonConfig, type ConfigSpec, type Environment } from './config';
import { openPorts } from './open-ports';
import { startService, type ServiceOptions } from './start-service';
import { openTracing } from './tracing';

/** Draining takes as long as it takes, but not longer than an orchestrator waits before it kills. */
const DRAIN_MS = 20_000;

export interface ProgramOptions<P extends TProperties> extends Omit<ServiceOptions, 'config' | 'ports'> {
  readonly config: ConfigSpec<P, CommonConfig>;
  readonly environment: Environment;
}

/**
 * The life of a service's process, called by `main.ts`: options, doors, workers, a signal, drain, exit code.
 * 0 after a signal, 1 when something that must not happen did (logged with its reason), 2 when the configuration is not valid.
 */
export const runService = async <P extends TProperties>(program: ProgramOptions<P>): Promise<void> => {
  const config = configOrExit(program.config, program.environment);
  const opened = openPorts(config);
  const tracing = config.tracing && openTracing(config.tracing, config, opened.logger);
  const ports = { ...opened, tracing };
  const crash = (reason: string) => (error: unknown) => {
    ports.logger.error({ err: error }, `${reason}: ${messageOf(error)}`);
    process.exit(1);
  };
  process.on('unhandledRejection', crash('a promise was rejected and nobody handled it'));
  process.on('uncaughtException', crash('an exception was thrown and nobody caught it'));

  const service = await startService({ ...program, config, ports }).catch(crash('the service cannot start'));
  const leave = (code: number, why: string): void => {
    ports.logger.info({ why }, `${config.service} drains and leaves: ${why}`);
    setTimeout(
      () => crash('draining took too long')(new Error(`not done after ${DRAIN_MS} ms`)),
      DRAIN_MS,
    ).unref();
    service.stop().then(() => process.exit(code), crash('draining failed'));
  };
  process.once('SIGTERM', () => leave(0, 'SIGTERM'));
  process.once('SIGINT', () => leave(0, 'SIGINT'));
  void service.failed.then(({ worker }) => leave(1, `${worker} cannot go on`));
};

const configOrExit = <P extends TProperties>(
  spec: ConfigSpec<P, CommonConfig>,
  environment: Environment,
): CommonConfig => {
  try {
    return loadConfig(spec, { PLAYHEAD_INSTANCE: `${hostname()}-${process.pid}`, ...environment });
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${spec.service}: ${error.message}\n`);
    process.exit(2);
  }
};
