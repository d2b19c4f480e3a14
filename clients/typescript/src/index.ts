export { SeenPositions, type SeenEntry } from './seen-positions';
export {
  ExactlyOnceReader,
  type DerivedRecord,
  type Progress,
  type ReaderOptions,
  type ReadBatch,
} from './exactly-once-reader';
