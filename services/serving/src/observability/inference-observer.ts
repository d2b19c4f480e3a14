import { ERROR_CODES, isPlatformError, type ErrorCode } from '#kernel';
import type {
  AccessLog,
  Counter,
  Exemplar,
  Metrics,
  RequestTracer,
  Sample,
  TimingSeries,
  Timings,
} from '#runtime';
import type {
  CallTimes,
  InferAnswer,
  InferCall,
  InferenceMetrics,
  Lane,
  ServedModel,
  StatisticsOf,
} from '../inference';
import { SERVING_METRICS, TRITON_METRICS } from './metric-specs';
import { recordAnswered, recordFailed } from './request-spans';

type Protocol = InferCall['protocol'];

/** Which time of the statistics each of Triton's durations says. */
const DURATIONS = {
  request: 'success',
  queue: 'queue',
  input: 'input',
  infer: 'infer',
  output: 'output',
} as const satisfies Partial<Record<keyof typeof TRITON_METRICS, keyof StatisticsOf>>;

/** What is counted of one version at the doors. */
interface Watched {
  readonly name: string;
  readonly version: string;
  /** Of answered requests. */
  readonly answered: Partial<Record<Protocol, TimingSeries>>;
  /** By Triton's reason. */
  readonly failures: Map<string, number>;
}

/** Why a request failed, in Triton's words. */
const REASONS: Readonly<Record<string, string>> = {
  PLAYHEAD_OVERLOADED: 'REJECTED',
  PLAYHEAD_DEADLINE_EXCEEDED: 'REJECTED',
  PLAYHEAD_CANCELLED: 'CANCELED',
  PLAYHEAD_INFERENCE_FAILED: 'BACKEND',
  PLAYHEAD_DEFECT: 'BACKEND',
};

/**
 * Counts the calls of the desk, and records the spans of those whose trace is recorded. A call that is answered and not traced adds to
 * numbers that are there, and allocates nothing.
 */
export class InferenceObserver implements InferenceMetrics {
  private readonly watched = new Map<Lane, Watched>();
  private readonly timings: Timings<'protocol' | 'model' | 'version' | 'status'>;
  private readonly shed: Counter<'model' | 'version'>;

  constructor(
    metrics: Metrics,
    private readonly tracer?: RequestTracer,
    private readonly accessLog?: AccessLog,
  ) {
    this.timings = metrics.timings(SERVING_METRICS.requests);
    this.shed = metrics.counter(SERVING_METRICS.shed);
    this.expose(metrics);
  }

  answered(call: InferCall, { served }: InferAnswer, times: CallTimes): void {
    const { protocol, inputMs = 0 } = call;
    const watched = this.watched.get(served.lane) ?? this.watch(served);
    const series = watched.answered[protocol] ?? this.seriesOf(watched, protocol);
    const seconds = (times.totalMs + inputMs) / 1_000;
    series.record(seconds, this.tracer && this.traced(this.tracer, call, served, times, seconds));
    if (this.accessLog && protocol === 'grpc') this.logCall(this.accessLog, call, 'ok', seconds, served);
  }

  failed(call: InferCall, error: unknown, totalMs: number, served: ServedModel | undefined): void {
    const { protocol, inputMs = 0 } = call;
    const status = isPlatformError(error) ? error.code : 'PLAYHEAD_DEFECT';
    const watched = served && (this.watched.get(served.lane) ?? this.watch(served));
    // A caller may ask for any name: only those that exist have a series of their own.
    const { name: model, version } = watched ?? { name: '', version: '' };
    const seconds = (totalMs + inputMs) / 1_000;
    const trace = this.tracer?.traceOf(call.traceparent);
    const spanId = trace && recordFailed(this.tracer!, trace, call, served, error, totalMs);
    this.timings
      .series({ protocol, model, version, status })
      .record(
        seconds,
        trace && { value: seconds, traceId: trace.traceId, spanId: spanId!, atMs: Date.now() },
      );
    if (this.accessLog && protocol === 'grpc') this.logCall(this.accessLog, call, status, seconds, served);
    if (!watched) return;
    const reason = REASONS[status] ?? 'OTHER';
    watched.failures.set(reason, (watched.failures.get(reason) ?? 0) + 1);
    if (status === 'PLAYHEAD_OVERLOADED') this.shed.add(1, { model, version });
  }

  /** HTTP's are logged where HTTP is spoken. */
  private logCall(
    log: AccessLog,
    { id, rows, traceparent }: InferCall,
    status: 'ok' | ErrorCode,
    seconds: number,
    served: ServedModel | undefined,
  ): void {
    log.call({
      protocol: 'grpc',
      path: '/inference.GRPCInferenceService/ModelInfer',
      status,
      failed: status !== 'ok' && ERROR_CODES[status].status >= 500,
      ms: seconds * 1_000,
      traceparent,
      id,
      rows,
      model: served?.name,
      version: served?.version,
      route: served?.route,
    });
  }

  private traced(
    tracer: RequestTracer,
    call: InferCall,
    served: ServedModel,
    times: CallTimes,
    value: number,
  ): Exemplar | undefined {
    const trace = tracer.traceOf(call.traceparent);
    if (!trace) return undefined;
    const spanId = recordAnswered(tracer, trace, call, served, times);
    return { value, traceId: trace.traceId, spanId, atMs: Date.now() };
  }

  private watch({ name, version, lane }: ServedModel): Watched {
    const watched = { name, version, answered: {}, failures: new Map<string, number>() };
    this.watched.set(lane, watched);
    return watched;
  }

  private seriesOf(watched: Watched, protocol: Protocol): TimingSeries {
    const { name: model, version } = watched;
    return (watched.answered[protocol] = this.timings.series({ protocol, model, version, status: 'ok' }));
  }

  /** Triton's counters are what the lanes count for its statistics extension: they cost a look at each scrape. */
  private expose(metrics: Metrics): void {
    const each = (read: (statistics: StatisticsOf, lane: Lane) => number) => () =>
      [...this.watched].map(([lane, { name, version }]) => ({
        value: read(lane.statistics.of(name, version), lane),
        labels: { model: name, version },
      }));
    metrics.named(TRITON_METRICS.failure, () => this.failures());
    metrics.named(
      TRITON_METRICS.success,
      each(({ success }) => success.count),
    );
    metrics.named(
      TRITON_METRICS.count,
      each(({ inferences }) => inferences),
    );
    metrics.named(
      TRITON_METRICS.executions,
      each(({ executions }) => executions),
    );
    metrics.named(
      TRITON_METRICS.pending,
      each((_, lane) => lane.waitingRows),
    );
    for (const [metric, duration] of Object.entries(DURATIONS))
      metrics.named(
        TRITON_METRICS[metric as keyof typeof DURATIONS],
        each((statistics) => Math.round(statistics[duration].ns / 1_000)),
      );
    metrics.distribution(SERVING_METRICS.batches, () =>
      [...this.watched].map(([lane, { name, version }]) => ({
        labels: { model: name, version },
        values: lane.statistics
          .of(name, version)
          .batches.map(({ batchSize, infer: { count: times } }) => ({ value: batchSize, times })),
      })),
    );
  }

  private failures(): Sample<'model' | 'version' | 'reason'>[] {
    return [...this.watched.values()].flatMap(({ name: model, version, failures }) =>
      [...failures].map(([reason, value]) => ({ value, labels: { model, version, reason } })),
    );
  }
}
