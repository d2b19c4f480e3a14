import { DiagLogLevel, SamplingDecision, diag, trace } from '@opentelemetry/api';
import { messageOf } from '#kernel';
import type { Logger } from '../logger';
import { IdSource } from './spans';
import { Tracing } from './tracing';
import type { TracingConfig } from './tracing-config';

/** A process that leaves waits so long for the collector to take what is left. */
const FLUSH_MS = 3_000;

export interface TracedProcess {
  readonly service: string;
  readonly namespace: string;
  readonly instance: string;
}

/**
 * OpenTelemetry's SDK as its variables configure it, with our ids; only traces, no instrumentation of libraries. Ended spans wait in the
 * SDK's bounded queue (`OTEL_BSP_MAX_QUEUE_SIZE`) and are dropped when it is full: nothing on the way of a record waits for an exporter.
 */
export const openTracing = (
  { sampling }: TracingConfig,
  { service, namespace, instance }: TracedProcess,
  logger: Logger,
): Tracing => {
  // Loaded here, since it is large and most processes do not need it.
  const { NodeSDK, resources } =
    require('@opentelemetry/sdk-node') as typeof import('@opentelemetry/sdk-node');
  const say = (message: string, ...rest: unknown[]): void =>
    logger.warn({ details: rest.map(messageOf) }, `traces: ${message}`);
  const silent = (): void => undefined;
  diag.setLogger(
    { error: say, warn: say, info: silent, debug: silent, verbose: silent },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const ids = new IdSource();
  const about = resources.resourceFromAttributes({
    'service.name': `playhead-${service}`,
    'service.namespace': namespace,
    'service.instance.id': instance,
  });
  const sdk = new NodeSDK({
    resource: resources.defaultResource().merge(about),
    idGenerator: ids,
    // A span is started only for what was sampled before: by the trace id, without a string for each record.
    sampler: {
      shouldSample: () => ({ decision: SamplingDecision.RECORD_AND_SAMPLED }),
      toString: () => 'decided',
    },
    metricReaders: [],
    logRecordProcessors: [],
    textMapPropagator: null,
  });
  sdk.start();
  const close = async (): Promise<void> => {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, FLUSH_MS)));
    await Promise.race([sdk.shutdown().catch((error: unknown) => say(messageOf(error))), limit]);
    clearTimeout(timer);
  };
  return new Tracing(trace.getTracer('playhead'), ids, sampling, close);
};
