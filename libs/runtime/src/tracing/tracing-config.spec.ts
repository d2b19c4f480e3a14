import { ConfigurationError } from '#kernel';
import { defineConfig, loadConfig } from '../config';
import { tracingConfigOf, tracingVariables } from './tracing-config';

const spec = defineConfig({ service: 'registry', variables: tracingVariables, compile: tracingConfigOf });
const ENDPOINT = 'http://127.0.0.1:4318';

it.each<[boolean, Record<string, string>]>([
  [false, {}],
  [false, { OTEL_SERVICE_NAME: 'x', OTEL_TRACES_SAMPLER: 'always_on' }],
  [true, { OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT }],
  [true, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${ENDPOINT}/v1/traces` }],
  [true, { OTEL_TRACES_EXPORTER: 'console' }],
  [true, { OTEL_TRACES_EXPORTER: 'otlp, console' }],
  [false, { OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT }],
  [false, { OTEL_SDK_DISABLED: 'TRUE', OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT }],
  [true, { OTEL_SDK_DISABLED: 'false', OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT }],
  [false, { OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
])('tracing is on: %s with %j', (on, environment) => {
  expect(loadConfig(spec, environment) !== undefined).toBe(on);
});

it('takes the sampler and its share', () => {
  const ratio = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' };
  expect(loadConfig(spec, { OTEL_TRACES_EXPORTER: 'otlp', ...ratio })!.sampling.begins([1, 0, 0, 0])).toBe(
    false,
  );
});

it('refuses what it does not know', () => {
  const wrong = { OTEL_TRACES_EXPORTER: 'jaeger', OTEL_TRACES_SAMPLER: 'xray', OTEL_TRACES_SAMPLER_ARG: '2' };
  expect(() => loadConfig(spec, wrong)).toThrow(ConfigurationError);
});
