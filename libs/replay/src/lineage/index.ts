export { walk, type LineageKind, type LineageNode } from './node';
export { parseSubject, traceLineage, type Subject } from './trace';
