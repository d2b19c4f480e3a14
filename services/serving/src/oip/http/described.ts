import { INPUT_NAME, renderModelMetadata } from '#inference';
import { Refused, messageOf } from '#kernel';
import type { InferenceDesk, ModelDescription } from '../../inference';
import { SERVER, configOf, statisticsOf } from '../descriptions';
import type { Door, Path } from './path';

export interface Described {
  readonly status: number;
  readonly body: unknown;
}

export interface DescribingDoor {
  readonly methods: readonly ('GET' | 'POST')[];
  /** `body` is parsed JSON, undefined where there was none. */
  readonly answer: (path: Path, body: unknown) => Promise<Described> | Described;
}

const READ = ['GET'] as const;
const ok = (body: unknown): Described => ({ status: 200, body });

/** The doors that score nothing. */
export const describingDoors = (
  desk: InferenceDesk,
): Readonly<Record<Exclude<Door, 'model infer' | 'v1 predict' | 'unknown'>, DescribingDoor>> => ({
  server: { methods: READ, answer: () => ok(SERVER) },
  live: { methods: READ, answer: () => ok({ live: true }) },
  ready: { methods: READ, answer: () => readiness({}, () => desk.assertReady()) },
  model: {
    methods: READ,
    answer: async ({ name, version }) => {
      const { versions, features, outputName, outputs } = await desk.metadata(name, version);
      return ok(renderModelMetadata(name, versions, { featureCount: features, outputName, outputs }));
    },
  },
  'model ready': {
    methods: READ,
    answer: ({ name, version }) => {
      const isReady = desk.ready(name, version);
      return { status: isReady ? 200 : 503, body: { name, ready: isReady } };
    },
  },
  'model config': {
    methods: READ,
    answer: async ({ name, version }) => ok(configOf(await desk.metadata(name, version))),
  },
  'model stats': {
    methods: READ,
    answer: ({ name, version }) => ok({ model_stats: desk.statistics(name, version).map(statisticsOf) }),
  },
  statistics: { methods: READ, answer: () => ok({ model_stats: desk.statistics().map(statisticsOf) }) },
  index: {
    methods: ['POST', 'GET'],
    answer: (_, body) => {
      const readyOnly = memberOf(body, 'ready') === true;
      return ok(desk.index().filter(({ state }) => !readyOnly || state === 'READY'));
    },
  },
  load: {
    methods: ['POST'],
    answer: async ({ name }, body) => {
      if (Object.keys(memberOf(body, 'parameters') ?? {}).length > 0)
        throw new Refused(
          'PLAYHEAD_INFERENCE_INVALID',
          'a model is loaded as the registry has it; "parameters" cannot override it',
        );
      await desk.load(name);
      return ok({});
    },
  },
  unload: {
    methods: ['POST'],
    answer: ({ name }) => {
      desk.unload(name);
      return ok({});
    },
  },
  'v1 list': {
    methods: READ,
    answer: () => ok({ models: [...new Set(desk.index().map(({ name }) => name))] }),
  },
  'v1 status': {
    methods: READ,
    answer: ({ name, version }) => {
      const served = desk.find(name, version);
      const state = desk.ready(name, version) ? 'AVAILABLE' : 'LOADING';
      const status = { error_code: 'OK', error_message: '' };
      return ok({ model_version_status: [{ version: served.version, state, status }] });
    },
  },
  'v1 metadata': {
    methods: READ,
    answer: async ({ name, version }) => ok(signatureOf(await desk.metadata(name, version))),
  },
});

const memberOf = (body: unknown, name: string): unknown =>
  typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;

const readiness = (named: object, check: () => void): Described => {
  try {
    check();
    return ok({ ...named, ready: true });
  } catch (error) {
    return { status: 503, body: { ...named, ready: false, error: messageOf(error) } };
  }
};

/** TensorFlow Serving's `/metadata`; sizes are texts there, and -1 is any number. */
const signatureOf = ({ name, features, outputName, outputs, served }: ModelDescription): object => {
  const tensor = (of: string, width: number): object => ({
    dtype: 'DT_FLOAT',
    name: of,
    tensor_shape: {
      dim: [
        { size: '-1', name: '' },
        { size: String(width), name: '' },
      ],
      unknown_rank: false,
    },
  });
  return {
    model_spec: { name, signature_name: '', version: served.version },
    metadata: {
      signature_def: {
        signature_def: {
          serving_default: {
            inputs: { [INPUT_NAME]: tensor(INPUT_NAME, features) },
            outputs: { [outputName]: tensor(outputName, outputs) },
            method_name: 'tensorflow/serving/predict',
          },
        },
      },
    },
  };
};
