export { walk, type LineageKind, type LineageNode } from './node';
export { openTracer, parseSubject, traceLineage, type Subject, type Tracer } from './trace';
