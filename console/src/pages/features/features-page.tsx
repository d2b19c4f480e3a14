import { FeatureServiceDetails } from './feature-service-details';
import { FeatureServices } from './feature-services';

/** Feature services; one of them with its freshness, its drift and its distributions. */
export const FeaturesPage = ({ rest: [service] }: { readonly rest: readonly string[] }) =>
  service === undefined ? <FeatureServices /> : <FeatureServiceDetails key={service} service={service} />;
