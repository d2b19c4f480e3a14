import type { FrontDoorDescription } from '#runtime';

type Operation = Readonly<Record<string, unknown>>;

const TAG = 'open inference protocol';
const V1_TAG = 'TensorFlow Serving, version 1';

const reference = (schema: string): object => ({ $ref: `#/components/schemas/${schema}` });

const inJson = (schema: object): object => ({ 'application/json': { schema } });

const ERRORS = {
  default: {
    description:
      'an error: 400 for what does not fit, 404 for no such model or version, 413, 429 with Retry-After, 503, 504',
    content: inJson(reference('InferenceError')),
  },
};

const named = (path: string): object[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));

const answers = (description: string, schema: object = { type: 'object' }): object => ({
  200: { description, content: inJson(schema) },
  ...ERRORS,
});

const read = (path: string, summary: string, schema?: object, tag = TAG): Record<string, Operation> => ({
  get: { tags: [tag], summary, parameters: named(path), responses: answers(summary, schema) },
});

const infer = (path: string): Record<string, Operation> => ({
  post: {
    tags: [TAG],
    summary:
      'Score rows: one input `input` [-1, features] of any numeric datatype, in JSON or as bytes after it',
    parameters: [
      ...named(path),
      header(
        'Inference-Header-Content-Length',
        'bytes of JSON before those of the tensors; absent: all is JSON',
      ),
      header(
        'X-Request-Timeout-Ms',
        'how long an answer is of use; later it is 504, and a row that waits is not scored',
      ),
      header('X-Request-Id', 'names the request where its body has no `id`; what is logged is found by it'),
      header('Content-Encoding', 'gzip or deflate'),
      header('Accept-Encoding', 'gzip or deflate: larger answers come compressed'),
    ],
    requestBody: {
      required: true,
      content: {
        ...inJson(reference('InferRequest')),
        'application/octet-stream': { schema: { type: 'string', format: 'binary' } },
      },
    },
    responses: {
      200: {
        description: 'One output by task: probability, probabilities, value or score',
        content: {
          ...inJson(reference('InferResponse')),
          'application/octet-stream': { schema: { type: 'string', format: 'binary' } },
        },
      },
      ...ERRORS,
    },
  },
});

const header = (name: string, description: string): object => ({
  name,
  in: 'header',
  required: false,
  description,
  schema: { type: 'string' },
});

const command = (
  path: string,
  summary: string,
  body: object,
  schema?: object,
): Record<string, Operation> => ({
  post: {
    tags: [TAG],
    summary,
    parameters: named(path),
    requestBody: { required: false, content: inJson(body) },
    responses: answers(summary, schema),
  },
});

const predict = (path: string): Record<string, Operation> => ({
  post: {
    tags: [V1_TAG],
    summary: 'Score rows: `instances` are answered by `predictions`, `inputs` by `outputs`',
    parameters: named(path),
    requestBody: {
      required: true,
      content: inJson({
        type: 'object',
        properties: { instances: MATRIX, inputs: MATRIX },
        example: { instances: [[12.5, null, 3, 11.25]] },
      }),
    },
    responses: answers('One number for each row; a list where the model gives several', {
      type: 'object',
      example: { predictions: [0.0312] },
    }),
  },
});

const MATRIX = {
  type: 'array',
  items: { type: 'array', items: { type: 'number', nullable: true } },
};

const paths = (): Record<string, object> => {
  const all: Record<string, object> = {
    '/v2': read('', 'Server metadata, with the extensions it has'),
    '/v2/health/live': read('', 'Whether the server runs'),
    '/v2/health/ready': read('', 'Whether the models of all deployments are loaded; 503 while they are not'),
    '/v2/models/stats': read('', 'Statistics of all versions that were asked'),
    '/v2/repository/index': command(
      '',
      'Names that can be asked, with their versions and states',
      { type: 'object', properties: { ready: { type: 'boolean' } } },
      { type: 'array', items: { type: 'object' } },
    ),
    '/v1/models': read('', 'Names that can be asked', undefined, V1_TAG),
  };
  for (const word of ['load', 'unload'] as const) {
    const path = `/v2/repository/models/{model}/${word}`;
    const what = word === 'load' ? 'Let a name answer again' : 'Let a name answer no more';
    all[path] = command(path, `${what} at the doors of this instance`, { type: 'object' });
  }
  for (const model of ['/v2/models/{model}', '/v2/models/{model}/versions/{version}']) {
    all[model] = read(model, 'Model metadata');
    all[`${model}/ready`] = read(model, 'Whether the model is in memory; 503 while it is not');
    all[`${model}/config`] = read(model, "Model configuration, as Triton's clients read it");
    all[`${model}/stats`] = read(model, 'How often it was asked, and what that took');
    all[`${model}/infer`] = infer(model);
  }
  for (const model of ['/v1/models/{model}', '/v1/models/{model}/versions/{version}']) {
    all[model] = read(model, 'State of the version that answers', undefined, V1_TAG);
    all[`${model}/metadata`] = read(model, 'Signature of the model', undefined, V1_TAG);
    all[`${model}:predict`] = predict(model);
  }
  return all;
};

const PARAMETERS = { type: 'object', additionalProperties: true };

/** What `/openapi.json` says of the bare doors, which no controller describes. */
export const HTTP_DOOR_DESCRIPTION: FrontDoorDescription = {
  paths: paths(),
  schemas: {
    InferenceError: { type: 'object', required: ['error'], properties: { error: { type: 'string' } } },
    InferRequest: {
      type: 'object',
      required: ['inputs'],
      properties: {
        id: { type: 'string' },
        parameters: {
          ...PARAMETERS,
          description:
            '`entity`: whose route answers; `timeout` in microseconds; `binary_data_output`: the answer as bytes',
        },
        inputs: {
          type: 'array',
          minItems: 1,
          maxItems: 1,
          items: {
            type: 'object',
            required: ['name', 'shape', 'datatype'],
            properties: {
              name: { type: 'string', enum: ['input'] },
              shape: { type: 'array', items: { type: 'integer' }, example: [1, 4] },
              datatype: { type: 'string', example: 'FP32' },
              parameters: { ...PARAMETERS, description: '`binary_data_size`: its bytes come after the JSON' },
              data: { type: 'array', items: {}, example: [12.5, null, 3, 11.25] },
            },
          },
        },
        outputs: {
          type: 'array',
          items: {
            type: 'object',
            required: ['name'],
            properties: { name: { type: 'string' }, parameters: PARAMETERS },
          },
        },
      },
    },
    InferResponse: {
      type: 'object',
      required: ['model_name', 'outputs'],
      properties: {
        model_name: { type: 'string' },
        model_version: { type: 'string' },
        id: { type: 'string' },
        outputs: { type: 'array', items: { type: 'object' } },
      },
    },
  },
};
