import { InferenceSession, Tensor } from 'onnxruntime-node';

/** What ONNX Runtime answers for `rows` ([n, features] row after row), and the name and width of its one output. */
export const runOnnx = async (
  model: Uint8Array,
  rows: Float32Array,
  features: number,
): Promise<{ output: string; width: number; answers: Float64Array }> => {
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  try {
    const outputs = await session.run({
      input: new Tensor('float32', rows, [rows.length / features, features]),
    });
    const output = session.outputNames.join();
    const { dims, data } = outputs[output]!;
    return { output, width: dims[1]!, answers: Float64Array.from(data as Float32Array) };
  } finally {
    await session.release();
  }
};
