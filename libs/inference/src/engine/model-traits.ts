import { onnx } from 'onnx-proto';

/** What can be seen of a model file without running it. */
export interface ModelTraits {
  /** It has an If, Loop or Scan: what a row costs may depend on the row, and no measurement bounds the next one. */
  readonly controlFlow: boolean;
  /** What a session of it takes, about: see `FACTOR`. */
  readonly memoryBytes: number;
}

const CONTROL_FLOW = new Set(['If', 'Loop', 'Scan']);

/**
 * Bytes of memory for a byte of file, measured with 11 sessions of one file: 6.7 (500 trees of depth 8) to 10.7 (100 trees of depth 6); weights are held
 * as they lie in the file, and once more as ONNX Runtime packs them.
 */
const FACTOR = { trees: 11, weights: 3 };
/** Of the smallest model. */
const SESSION_BYTES = 200_000;

/** Subgraphs are not looked into beyond the node that has them, so no depth of nesting makes this slow. */
export const traitsOf = (bytes: Uint8Array): ModelTraits => {
  const { graph, functions } = onnx.ModelProto.decode(bytes);
  const operators = [graph, ...(functions ?? [])].flatMap((each) =>
    (each?.node ?? []).map(({ opType }) => opType ?? ''),
  );
  return {
    controlFlow: operators.some((name) => CONTROL_FLOW.has(name)),
    memoryBytes: memoryOf(
      bytes.length,
      operators.some((name) => name.startsWith('TreeEnsemble')),
    ),
  };
};

/** Without a look into the file, the larger of the two. */
export const memoryOf = (fileBytes: number, isTrees = true): number =>
  SESSION_BYTES + fileBytes * (isTrees ? FACTOR.trees : FACTOR.weights);
