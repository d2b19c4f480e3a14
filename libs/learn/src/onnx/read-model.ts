import { onnx } from 'onnx-proto';
import { Refused } from '#kernel';

/** What of a model file is read back: nodes in their order, constants by name, metadata. */
export interface ReadModel {
  readonly operators: readonly string[];
  readonly nodes: readonly onnx.INodeProto[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Throws Refused where there is no such constant, or it is none of doubles. */
  doubles(name: string): Float64Array;
}

/** @throws Refused PLAYHEAD_INFERENCE_MODEL_INVALID where the bytes are no model. */
export const readModel = (bytes: Uint8Array): ReadModel => {
  const { graph, metadataProps } = decoded(bytes);
  const nodes = graph?.node ?? [];
  const constants = new Map((graph?.initializer ?? []).map((tensor) => [tensor.name, tensor]));
  return {
    nodes,
    operators: nodes.map(({ opType }) => opType ?? ''),
    metadata: Object.fromEntries((metadataProps ?? []).map(({ key, value }) => [key ?? '', value ?? ''])),
    doubles: (name) => doublesOf(constants.get(name), name),
  };
};

const decoded = (bytes: Uint8Array): onnx.ModelProto => {
  try {
    return onnx.ModelProto.decode(bytes);
  } catch (cause) {
    throw new Refused('PLAYHEAD_INFERENCE_MODEL_INVALID', 'the bytes are no ONNX model', { cause });
  }
};

export const doublesOf = (tensor: onnx.ITensorProto | null | undefined, name: string): Float64Array => {
  if (tensor?.dataType !== onnx.TensorProto.DataType.DOUBLE || !tensor.doubleData?.length)
    throw new Refused('PLAYHEAD_INFERENCE_MODEL_INVALID', `the model has no doubles ${name}`);
  return Float64Array.from(tensor.doubleData);
};

/** Attributes of a node by name. */
export const attributesOf = (node: onnx.INodeProto) => {
  const attributes = new Map((node.attribute ?? []).map((attribute) => [attribute.name, attribute]));
  return {
    ints: (name: string): number[] => (attributes.get(name)?.ints ?? []).map(Number),
    int: (name: string): number => Number(attributes.get(name)?.i ?? 0),
    texts: (name: string): string[] =>
      (attributes.get(name)?.strings ?? []).map((bytes) => UTF_8.decode(bytes)),
    doubles: (name: string): Float64Array => doublesOf(attributes.get(name)?.t, name),
  };
};

const UTF_8 = new TextDecoder();
