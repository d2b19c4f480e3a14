import { Type, type Static, type TObject } from 'typebox';
import { SAMPLERS, Sampling } from './sampling';

/** OpenTelemetry's own variables, as far as Playhead looks at them; its SDK reads the rest (`OTEL_BSP_*`, `OTEL_EXPORTER_OTLP_HEADERS`, ...). */
export const tracingVariables = {
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(
    Type.String({ examples: ['http://127.0.0.1:4318'], description: 'where traces go; turns tracing on' }),
  ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: Type.Optional(
    Type.String({
      examples: ['http://127.0.0.1:4318/v1/traces'],
      description: 'the same for traces alone, with its path',
    }),
  ),
  OTEL_TRACES_EXPORTER: Type.Optional(
    Type.String({
      examples: ['otlp'],
      pattern: '^(otlp|console|zipkin|none)( *, *(otlp|console|zipkin|none))*$',
      description: 'otlp, console, zipkin (several with commas), or none; turns tracing on, or off',
    }),
  ),
  OTEL_SDK_DISABLED: Type.Optional(
    Type.String({ examples: ['true'], description: 'true turns tracing off, whatever else is set' }),
  ),
  OTEL_TRACES_SAMPLER: Type.Enum([...SAMPLERS], {
    default: 'parentbased_always_on',
    examples: ['parentbased_traceidratio'],
    description: 'which traces are recorded; for streams parentbased_traceidratio or parentbased_always_off',
  }),
  OTEL_TRACES_SAMPLER_ARG: Type.Number({
    default: 1,
    minimum: 0,
    maximum: 1,
    unit: 'share',
    examples: [0.01],
    description: 'share of traces for the samplers by ratio',
  }),
  OTEL_SERVICE_NAME: Type.Optional(
    Type.String({
      examples: ['playhead-serving-eu'],
      description: 'name of the service in its spans; playhead-<service> where it is not set',
    }),
  ),
};

export type TracingOptions = Static<TObject<typeof tracingVariables>>;

/** Present where traces are exported. */
export interface TracingConfig {
  readonly sampling: Sampling;
}

export const tracingConfigOf = (options: TracingOptions): TracingConfig | undefined => {
  if (options.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return undefined;
  const exporters = options.OTEL_TRACES_EXPORTER?.split(',').map((name) => name.trim());
  const endpoint = options.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? options.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (exporters ? exporters.includes('none') : endpoint === undefined) return undefined;
  return { sampling: new Sampling(options.OTEL_TRACES_SAMPLER, options.OTEL_TRACES_SAMPLER_ARG) };
};
