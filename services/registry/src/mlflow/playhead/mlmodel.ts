import type { ModelVersion } from '../../domain/state';

/**
 * The files that MLflow wants beside an ONNX file before its `onnx` and `pyfunc` flavours load it. They say nothing that the version does
 * not say, so they are written when they are asked for.
 */
export const modelFiles = (version: ModelVersion): Readonly<Record<string, string>> => ({
  MLmodel: mlmodel(version),
  'conda.yaml': CONDA,
  'python_env.yaml': PYTHON_ENVIRONMENT,
  'requirements.txt': REQUIREMENTS,
});

export const ONNX_FILE = 'model.onnx';

const REQUIREMENTS = 'mlflow\nonnx\nonnxruntime\n';
const PYTHON_ENVIRONMENT =
  'python: ">=3.10"\nbuild_dependencies:\n- pip\ndependencies:\n- -r requirements.txt\n';
const CONDA =
  'name: playhead\nchannels:\n- conda-forge\ndependencies:\n- pip\n- pip:\n  - -r requirements.txt\n';

/** JSON is YAML, and quotes what must be quoted. */
const mlmodel = ({
  run,
  time,
  model,
  version,
  task,
  trainer,
  service,
  definition,
  dataset,
}: ModelVersion): string =>
  `${JSON.stringify(
    {
      artifact_path: 'model',
      flavors: {
        onnx: { code: null, data: ONNX_FILE, providers: ['CPUExecutionProvider'] },
        python_function: {
          loader_module: 'mlflow.onnx',
          data: ONNX_FILE,
          python_version: '3.10.0',
          env: { conda: 'conda.yaml', virtualenv: 'python_env.yaml' },
        },
      },
      // The order of the one input's columns, which the graph itself does not name.
      metadata: { model, version, task, trainer, features: service.features, definition, dataset },
      run_id: run,
      utc_time_created: time.replace('T', ' ').replace('Z', ''),
    },
    null,
    2,
  )}\n`;
