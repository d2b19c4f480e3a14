export {
  historicalFeatures,
  type EntityRow,
  type HistoricalFeatures,
  type HistoricalOptions,
} from './historical-features';
export { entityFieldsOf, parseEntityRows, type EntityRowInput } from './entity-rows';
export { latestEventTime } from './latest-event-time';
