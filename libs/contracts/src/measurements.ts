import { Type, type Static } from 'typebox';

/**
 * What a run measures for the gates of its request, beside the metrics of its hold-out. One entry for each gate that asks, found again by what
 * the gate names. `metric` is the name of `gateMetric`: `average_precision`, `f1@0.5`. An entry that is absent was not measured: its gate fails.
 */

/** The same hold-out scored by the version that had the alias when the run was asked for. */
export const ComparedMeasurement = Type.Object({
  metric: Type.String(),
  alias: Type.String(),
  version: Type.Integer({ minimum: 1, description: 'that was compared with' }),
  value: Type.Union([Type.Number(), Type.Null()], { description: 'of that version' }),
  difference: Type.Union([Type.Number(), Type.Null()], {
    description: 'by how much the new one is better: positive is better, also where less is',
  }),
  low: Type.Optional(
    Type.Number({ description: 'of the interval of the difference, by paired bootstrap at `confidence`' }),
  ),
  high: Type.Optional(Type.Number()),
  confidence: Type.Optional(Type.Number()),
});

const SliceValue = Type.Object({
  slice: Type.String({ description: 'value of the field' }),
  rows: Type.Integer({ minimum: 0 }),
  value: Type.Union([Type.Number(), Type.Null()], {
    description: 'null where the metric has no value on these rows (one class only): not judged',
  }),
});

/** A metric over the rows of each value of a field. */
export const SlicedMeasurement = Type.Object({
  metric: Type.String(),
  slice: Type.String({ description: 'the field' }),
  rows: Type.Integer({ minimum: 1, description: 'slices with fewer are not judged' }),
  judged: Type.Integer({ minimum: 0, description: 'slices that have as many, and a value' }),
  lowest: Type.Union([SliceValue, Type.Null()]),
  highest: Type.Union([SliceValue, Type.Null()]),
  failing: Type.Array(SliceValue, { maxItems: 20, description: 'the worst of those outside of the bounds' }),
  failed: Type.Integer({ minimum: 0, description: 'how many are' }),
});

/** A fairness metric over the values of a field. */
export const FairMeasurement = Type.Object({
  metric: Type.String({ description: 'such as `demographic_parity@0.5`' }),
  group: Type.String({ description: 'the field' }),
  value: Type.Union([Type.Number(), Type.Null()], {
    description:
      'demographic_parity: greatest difference of the rates of positive decisions; equal_opportunity: of the recalls; disparate_impact: least quotient of two rates',
  }),
  groups: Type.Integer({ minimum: 0, description: 'that were compared' }),
  between: Type.Optional(
    Type.Array(Type.String(), { maxItems: 2, description: 'the two values that are furthest apart' }),
  ),
});

export const GateMeasurements = Type.Object({
  compared: Type.Optional(Type.Array(ComparedMeasurement)),
  sliced: Type.Optional(Type.Array(SlicedMeasurement)),
  fair: Type.Optional(Type.Array(FairMeasurement)),
  /** Of answering one row in ONNX Runtime. */
  latency_ms: Type.Optional(Type.Object({ p50: Type.Number(), p99: Type.Number() })),
  /** Of the model file. */
  size_bytes: Type.Optional(Type.Integer({ minimum: 0 })),
});
export type GateMeasurements = Static<typeof GateMeasurements>;
