/**
 * The generated pages of `docs/reference`: what the code says about itself, in words. `npm run docs:reference` writes them,
 * `pages.spec.ts` fails when one is stale. This folder stands outside of the layering, since it reads from every service.
 */
import { CONTRACTS, REJECTION_CODES } from '#contracts';
import { ERROR_CODES } from '#kernel';
import { featureConfig } from '../../services/feature/src/feature.config';
import { ingestionConfig } from '../../services/ingestion/src/ingestion.config';
import { monitoringConfig } from '../../services/monitoring/src/monitoring.config';
import { registryConfig } from '../../services/registry/src/registry.config';
import { servingConfig } from '../../services/serving/src/serving.config';
import { trainingConfig } from '../../services/training/src/training.config';
import { errorsPage, rejectionsPage } from './codes-page';
import { configPage } from './config-page';
import { eventsPage } from './events-page';

const CONFIGS = [
  ingestionConfig,
  featureConfig,
  trainingConfig,
  registryConfig,
  servingConfig,
  monitoringConfig,
];

export const REFERENCE = 'docs/reference';

/** File name below `docs/reference` -> text. */
export const referencePages = (): ReadonlyMap<string, string> =>
  new Map(
    [
      ['config.md', configPage(CONFIGS)],
      ['errors.md', errorsPage(ERROR_CODES)],
      ['events.md', eventsPage(CONTRACTS)],
      ['rejections.md', rejectionsPage(REJECTION_CODES)],
    ].map(([name, text]): [string, string] => [
      name!,
      `<!-- Written by \`npm run docs:reference\`: change the code, not this page. -->\n\n${text}\n`,
    ]),
  );
