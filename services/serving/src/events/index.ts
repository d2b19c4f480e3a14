export { EventFeatures, type EventFeaturesOptions } from './event-features';
export { Explainers } from './explainers';
export { requestProviders } from './providers';
export { Predictor, type PredictAnswer, type PredictRequest } from './predictor';
