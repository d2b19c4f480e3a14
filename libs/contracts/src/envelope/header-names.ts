/** Names of the record headers: CloudEvents 1.0 Kafka binary mode, and our own (architecture.md section 2). */
export const HEADERS = {
  specversion: 'ce_specversion',
  id: 'ce_id',
  source: 'ce_source',
  type: 'ce_type',
  time: 'ce_time',
  contentType: 'content-type',
  dataschema: 'ce_dataschema',
  causationId: 'ce_causationid',
  correlationId: 'ce_correlationid',
  /** W3C Trace Context: an annotation, no part of what a record says (ADR 0016). */
  traceparent: 'traceparent',
  tracestate: 'tracestate',
  /** Position in the fold's control topic under which the output was decided: the offset of the last control fact applied, -1 for none. */
  control: 'ph_control',
  /** CRC32C of the source record's value, eight lower-case hexadecimal digits (law L4). */
  sourceCrc: 'ph_source_crc',
  /** `revision=digest` of each feature definition revision, comma separated; of a prediction, the one its model read. */
  definition: 'ph_definition',
  /** `name@version=digest` of the model of a prediction. */
  model: 'ph_model',
  movedFrom: 'ph_moved_from',
  redrivenFrom: 'ph_redriven_from',
  origin: 'ph_origin',
  code: 'ph_code',
  reason: 'ph_reason',
  attempts: 'ph_attempts',
  firstFailed: 'ph_first_failed',
  handler: 'ph_handler',
  count: 'ph_count',
} as const;

/** Headers that say nothing about the fact: whoever compares records leaves them out (ADR 0016). */
export const ANNOTATIONS: readonly string[] = [HEADERS.traceparent, HEADERS.tracestate];
