import { onnx } from 'onnx-proto';
import { INPUT_NAME, OUTPUT_OF_TASK, type ModelTask } from '../onnx-model';
import { domainOf } from './operators';

export interface Wanted {
  readonly task: ModelTask;
  readonly featureCount: number;
  /** Output of the file to take; found by the names that converters give where it is not said. */
  readonly output?: string;
  /** Turn its sign: for scores where less means stranger. */
  readonly negate?: boolean;
}

export interface Adapted {
  /** What was changed, in words; empty where the file fits as it is. */
  readonly changes: readonly string[];
  /** Why it cannot be used; empty when it can. */
  readonly faults: readonly string[];
}

const { FLOAT, DOUBLE, INT64 } = onnx.TensorProto.DataType;
const { INT } = onnx.AttributeProto.AttributeType;

/** Outputs as converters (skl2onnx, onnxmltools, exporters of networks) name them, the likeliest first. */
const KNOWN_OUTPUTS: Readonly<Record<ModelTask, readonly string[]>> = {
  binary: ['probability', 'probabilities', 'output_probability', 'class_probabilities'],
  multiclass: ['probabilities', 'output_probability', 'class_probabilities'],
  regression: ['value', 'variable', 'output', 'prediction'],
  anomaly: ['score'],
  ranking: ['score', 'variable'],
};

/**
 * Gives a model the one input and the one output of its task, by changing `model` itself. Values are not touched, but that doubles become
 * floats and `negate` turns the sign: the numbers that the output has are those of the foreign one.
 */
export const adaptModel = (model: onnx.IModelProto, wanted: Wanted): Adapted => {
  const graph = model.graph!;
  const changes: string[] = [];
  const faults = [...adaptInput(graph, wanted, changes), ...adaptOutput(graph, wanted, changes)];
  if (changes.length > 0 && !(model.opsetImport ?? []).some(({ domain }) => domainOf(domain) === ''))
    model.opsetImport = [...(model.opsetImport ?? []), { domain: '', version: 13 }];
  return { changes, faults };
};

const adaptInput = (graph: onnx.IGraphProto, { featureCount }: Wanted, changes: string[]): string[] => {
  const constants = new Set((graph.initializer ?? []).map(({ name }) => name));
  const inputs = (graph.input ?? []).filter(({ name }) => !constants.has(name));
  const [input] = inputs;
  if (inputs.length !== 1 || !input)
    return [
      `it has the inputs ${inputs.map(describe).join(', ') || 'none'}; one of [-1, ${featureCount}] is needed (a matrix, not a column each)`,
    ];
  const { elemType, shape } = input.type?.tensorType ?? {};
  if (elemType !== FLOAT && elemType !== DOUBLE)
    return [`its input is ${describe(input)}; a tensor of float or double is needed`];
  const dims = shape?.dim ?? [];
  const [rows, width] = dims.map(({ dimValue }) => Number(dimValue ?? 0));
  if (dims.length !== 2 || rows !== 0)
    return [
      `its input is ${describe(input)}; the shape must be [-1, ${featureCount}], with any number of rows`,
    ];
  if (width !== 0 && width !== featureCount)
    return [`it takes ${width} features, the definition has ${featureCount}`];
  const name = input.name ?? '';
  if (elemType === DOUBLE) {
    const inner = freeName(graph, `${name}_double`);
    rename(graph, name, inner);
    graph.node = [operator('Cast', [INPUT_NAME], inner, [integer('to', DOUBLE)]), ...(graph.node ?? [])];
    changes.push(`input "${name}" made float, and double again inside`);
  } else if (name !== INPUT_NAME) {
    if (namesIn(graph).has(INPUT_NAME)) rename(graph, INPUT_NAME, freeName(graph, INPUT_NAME));
    rename(graph, name, INPUT_NAME);
    changes.push(`input "${name}" renamed "${INPUT_NAME}"`);
  }
  graph.input = [...(graph.input ?? []).filter((each) => each !== input), matrix(INPUT_NAME, featureCount)];
  return [];
};

const adaptOutput = (graph: onnx.IGraphProto, wanted: Wanted, changes: string[]): string[] => {
  const { task, negate = false } = wanted;
  const expected = OUTPUT_OF_TASK[task];
  const chosen = choose(graph.output ?? [], wanted);
  if (typeof chosen === 'string') return [chosen];
  const name = chosen.name ?? '';
  const { name: unzipped, classes } = unzip(graph, name);
  const { elemType, shape } = unzipped === undefined ? {} : typeOf(graph, unzipped);
  const type = unzipped === undefined || unzipped !== name ? FLOAT : elemType;
  if (task === 'binary' && classes && classes.join() !== '0,1')
    return [`its output "${name}" is of the classes ${classes.join(', ')}; a binary model has 0 and 1`];
  if (unzipped === undefined || (type !== FLOAT && type !== DOUBLE))
    return [`its output ${describe(chosen)} does not hold floats; name another one`];
  const dims = classes ? [0, classes.length] : shape?.dim?.map(({ dimValue }) => Number(dimValue ?? 0));
  const fits = unzipped === name && name === expected && type === FLOAT && !negate;
  const width = dims?.[1] ?? 0;
  if (fits && dims?.length === 2 && (task === 'multiclass' || width === 1)) {
    if ((graph.output ?? []).length > 1) changes.push(`only output "${name}" kept`);
    graph.output = [chosen];
    return [];
  }
  if (dims && dims.length > 2) return [`its output ${describe(chosen)} has more than two dimensions`];
  if (task !== 'multiclass' && task !== 'binary' && width > 1)
    return [
      `its output ${describe(chosen)} has ${width} columns; a model for ${task} answers one number a row`,
    ];
  if (task === 'binary' && width > 2)
    return [`its output ${describe(chosen)} has ${width} classes; a binary model has 2`];
  // The name that is needed may be one inside of the graph.
  let from = unzipped;
  if (namesIn(graph).has(expected)) {
    const inner = freeName(graph, expected);
    rename(graph, expected, inner);
    if (from === expected) from = inner;
  }
  const steps: ((from: string, to: string) => onnx.INodeProto)[] = [];
  if (type === DOUBLE) steps.push((a, b) => operator('Cast', [a], b, [integer('to', FLOAT)]));
  // The last of two columns is the probability of class 1; one column is its own last.
  if (task === 'binary' && dims?.length !== 1) {
    const last = freeName(graph, 'last_column');
    graph.initializer = [...(graph.initializer ?? []), int64s(last, [-1])];
    steps.push((a, b) => operator('Gather', [a, last], b, [integer('axis', 1)]));
  } else if (task !== 'multiclass') {
    const column = freeName(graph, 'one_column');
    graph.initializer = [...(graph.initializer ?? []), int64s(column, [-1, 1])];
    steps.push((a, b) => operator('Reshape', [a, column], b));
  }
  if (negate) steps.push((a, b) => operator('Neg', [a], b));
  if (steps.length === 0) steps.push((a, b) => operator('Identity', [a], b));
  steps.forEach((step, index) => {
    const to = index === steps.length - 1 ? expected : freeName(graph, `${expected}_${index}`);
    graph.node = [...(graph.node ?? []), step(from, to)];
    from = to;
  });
  graph.output = [matrix(expected, task === 'multiclass' ? width : 1)];
  changes.push(
    `output "${expected}" made of "${name}"${task === 'binary' && dims?.length !== 1 && width !== 1 ? ', its last column' : ''}${negate ? ', negated' : ''}`,
  );
  return [];
};

/** The output to take, or why there is none. */
const choose = (
  outputs: readonly onnx.IValueInfoProto[],
  { task, output }: Wanted,
): onnx.IValueInfoProto | string => {
  const all = outputs.map(describe).join(', ');
  if (output !== undefined)
    return outputs.find(({ name }) => name === output) ?? `it has no output "${output}"; it has ${all}`;
  for (const known of KNOWN_OUTPUTS[task]) {
    const found = outputs.find(({ name }) => name === known);
    if (found) return found;
  }
  const floats = outputs.filter(({ type }) => [FLOAT, DOUBLE].includes(type?.tensorType?.elemType ?? 0));
  if (floats.length === 1 && task !== 'anomaly') return floats[0]!;
  if (task === 'anomaly')
    return `it has the outputs ${all}; say by \`output\` which one is the score, and by \`negate\` if less of it means stranger`;
  return `it has the outputs ${all}; say by \`output\` which one is meant`;
};

interface Unzipped {
  /** Undefined where the output is neither a tensor nor made of one. */
  readonly name: string | undefined;
  readonly classes?: readonly number[];
}

/** The tensor behind an output that is a list of dictionaries (ZipMap), and its classes; the output itself where it is a tensor. */
const unzip = (graph: onnx.IGraphProto, name: string): Unzipped => {
  const maker = (graph.node ?? []).find(({ output }) => output?.includes(name));
  if (maker?.opType !== 'ZipMap') {
    const isTensor = (graph.output ?? []).some((each) => each.name === name && each.type?.tensorType);
    return { name: isTensor ? name : undefined };
  }
  graph.node = graph.node!.filter((each) => each !== maker);
  const classes = maker.attribute?.find((each) => each.name === 'classlabels_int64s')?.ints?.map(Number);
  return { name: maker.input?.[0], ...(classes && { classes }) };
};

const typeOf = (graph: onnx.IGraphProto, name: string): onnx.TypeProto.ITensor =>
  [...(graph.output ?? []), ...(graph.valueInfo ?? [])].find((each) => each.name === name)?.type
    ?.tensorType ?? {};

/** All names of values in a graph and the graphs inside of it. */
const namesIn = (graph: onnx.IGraphProto): Set<string> => {
  const names = new Set<string>();
  for (const each of [...(graph.input ?? []), ...(graph.output ?? []), ...(graph.initializer ?? [])])
    names.add(each.name ?? '');
  for (const node of graph.node ?? []) {
    for (const name of [...(node.input ?? []), ...(node.output ?? [])]) names.add(name);
    for (const inner of graphsOf(node)) for (const name of namesIn(inner)) names.add(name);
  }
  return names;
};

const freeName = (graph: onnx.IGraphProto, wish: string): string => {
  const taken = namesIn(graph);
  let name = `playhead_${wish}`;
  for (let k = 2; taken.has(name); k++) name = `playhead_${wish}_${k}`;
  return name;
};

/** Renames a value everywhere, also where a graph inside of it looks out for it. */
const rename = (graph: onnx.IGraphProto, from: string, to: string): void => {
  const renamed = (name: string): string => (name === from ? to : name);
  for (const each of [
    ...(graph.input ?? []),
    ...(graph.output ?? []),
    ...(graph.initializer ?? []),
    ...(graph.valueInfo ?? []),
  ])
    if (each.name === from) each.name = to;
  for (const node of graph.node ?? []) {
    node.input = (node.input ?? []).map(renamed);
    node.output = (node.output ?? []).map(renamed);
    for (const inner of graphsOf(node)) rename(inner, from, to);
  }
};

const graphsOf = ({ attribute }: onnx.INodeProto): onnx.IGraphProto[] =>
  (attribute ?? []).flatMap(({ g, graphs }) => [...(g ? [g] : []), ...(graphs ?? [])]);

const operator = (
  opType: string,
  input: string[],
  output: string,
  attribute: onnx.IAttributeProto[] = [],
): onnx.INodeProto => ({ opType, input, output: [output], name: `playhead-${output}`, attribute });

const integer = (name: string, i: number): onnx.IAttributeProto => ({ name, type: INT, i });

const int64s = (name: string, values: readonly number[]): onnx.ITensorProto => ({
  name,
  dims: [values.length],
  dataType: INT64,
  int64Data: [...values],
});

const matrix = (name: string, width: number): onnx.IValueInfoProto => ({
  name,
  type: {
    tensorType: {
      elemType: FLOAT,
      shape: { dim: [{ dimParam: 'rows' }, width === 0 ? { dimParam: 'columns' } : { dimValue: width }] },
    },
  },
});

const describe = ({ name, type }: onnx.IValueInfoProto): string => {
  const tensor = type?.tensorType;
  if (!tensor) return `"${name ?? ''}" (not a tensor)`;
  const dims = (tensor.shape?.dim ?? []).map(({ dimValue }) => Number(dimValue ?? 0) || -1);
  return `"${name ?? ''}" ${onnx.TensorProto.DataType[tensor.elemType ?? 0]?.toLowerCase() ?? '?'} [${dims.join(', ')}]`;
};
