import { onnx } from 'onnx-proto';
import { messageOf } from '#kernel';
import { ALLOWED_OPERATORS, ALLOWED_OPSETS, domainName, domainOf } from './operators';

/** Bytes of a model file from elsewhere, at most. */
export const MAX_MODEL_BYTES = 256 * 2 ** 20;
const MAX_NODES = 100_000;
const MAX_DEPTH = 8;

export interface Inspected {
  /** Undefined where the bytes are no model. */
  readonly model?: onnx.ModelProto;
  /** Every reason why it is not taken; empty when it is. */
  readonly faults: readonly string[];
}

/** Reads the bytes and looks at all that can be seen without running them. */
export const inspectModel = (bytes: Uint8Array, maxBytes = MAX_MODEL_BYTES): Inspected => {
  if (bytes.length > maxBytes)
    return { faults: [`the file has ${bytes.length} bytes; at most ${maxBytes} are taken`] };
  try {
    const model = onnx.ModelProto.decode(bytes);
    return { model, faults: faultsOf(model) };
  } catch (error) {
    return { faults: [`the bytes are no whole ONNX file: ${messageOf(error)}`] };
  }
};

const faultsOf = (model: onnx.ModelProto): string[] => {
  if (!model.graph || model.graph.node?.length === 0) return ['the file holds no graph: it is no ONNX model'];
  const found = new Findings();
  found.graph(model.graph, 0);
  return [
    ...opsetFaults(model),
    ...((model.functions ?? []).length > 0
      ? ['it defines functions of its own; export it with them inlined']
      : []),
    ...((model.trainingInfo ?? []).length > 0
      ? ['it carries training information; export it for inference']
      : []),
    ...found.faults(),
  ];
};

const opsetFaults = ({ opsetImport }: onnx.ModelProto): string[] => {
  if (!opsetImport || opsetImport.length === 0) return ['it does not say which operator sets it uses'];
  return opsetImport.flatMap(({ domain, version }) => {
    const name = domainOf(domain);
    const range = ALLOWED_OPSETS[name];
    // Converters declare domains that they do not use; a node of one is found below.
    if (!range) return [];
    const [from, to] = range;
    const number = Number(version);
    return number >= from && number <= to
      ? []
      : [`operator set ${domainName(name)} ${number} is not between ${from} and ${to}`];
  });
};

/** What a walk through the graph and all graphs inside of it comes upon. */
class Findings {
  private nodes = 0;
  private deepest = 0;
  private readonly foreign = new Set<string>();
  private readonly external = new Set<string>();

  graph(graph: onnx.IGraphProto, depth: number): void {
    this.deepest = Math.max(this.deepest, depth);
    if (depth > MAX_DEPTH) return;
    for (const tensor of graph.initializer ?? []) this.tensor(tensor);
    for (const sparse of graph.sparseInitializer ?? []) this.sparse(sparse);
    for (const node of graph.node ?? []) this.node(node, depth);
  }

  faults(): string[] {
    const named = (names: ReadonlySet<string>): string => [...names].sort().slice(0, 10).join(', ');
    return [
      ...(this.nodes > MAX_NODES ? [`it has ${this.nodes} nodes; at most ${MAX_NODES} are taken`] : []),
      ...(this.deepest > MAX_DEPTH ? [`its graphs lie more than ${MAX_DEPTH} deep in each other`] : []),
      ...(this.foreign.size > 0
        ? [
            `operators that are not taken: ${named(this.foreign)} (docs/how-to/import.md lists those that are)`,
          ]
        : []),
      ...(this.external.size > 0
        ? [`data outside of the file: ${named(this.external)}; save the model with everything in one file`]
        : []),
    ];
  }

  private node({ domain, opType, attribute }: onnx.INodeProto, depth: number): void {
    this.nodes++;
    const set = domainOf(domain);
    if (!ALLOWED_OPERATORS[set]?.has(opType ?? '')) this.foreign.add(`${domainName(set)}.${opType ?? '?'}`);
    for (const { t, tensors, g, graphs, sparseTensor, sparseTensors } of attribute ?? []) {
      if (t) this.tensor(t);
      if (sparseTensor) this.sparse(sparseTensor);
      for (const each of tensors ?? []) this.tensor(each);
      for (const each of sparseTensors ?? []) this.sparse(each);
      for (const each of [...(g ? [g] : []), ...(graphs ?? [])]) this.graph(each, depth + 1);
    }
  }

  private tensor({ name, dataLocation, externalData }: onnx.ITensorProto): void {
    if (dataLocation === onnx.TensorProto.DataLocation.EXTERNAL || (externalData ?? []).length > 0)
      this.external.add(`"${name ?? ''}"`);
  }

  private sparse({ values, indices }: onnx.ISparseTensorProto): void {
    if (values) this.tensor(values);
    if (indices) this.tensor(indices);
  }
}
