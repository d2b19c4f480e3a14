/**
 * The generated pages of `docs/reference`: what the code says about itself, in words. `npm run docs:reference` writes them,
 * `pages.spec.ts` fails when one is stale. This folder stands outside of the layering, since it reads from every service.
 */
import { CONTRACTS, REJECTION_CODES } from '#contracts';
import { ERROR_CODES } from '#kernel';
import { TRAINERS } from '#learn';
import { COMMAND_VARIABLES } from '../../cli/src/environment';
import { asyncApiDocument } from './asyncapi/document';
import { renderYaml } from './asyncapi/yaml';
import { errorsPage, rejectionsPage } from './codes-page';
import { configPage } from './config-page';
import { eventsPage } from './events-page';
import { flowPage } from './flow-page';
import { indexPage } from './index-page';
import { metricsPage } from './metrics-page';
import { dispositionsIn } from './sources/dispositions';
import { readFrozenVersions } from './sources/frozen-versions';
import { CONFIGS, METRICS, TOPOLOGIES } from './sources/services';
import { sourceFiles } from './sources/source-files';
import { trainersPage } from './trainers-page';

export const REFERENCE = 'docs/reference';

const NOTE = 'Written by `npm run docs:reference`: change the code, not this page.';

/** File name below `docs/reference` -> text. `root` is the folder of the project: dispositions are read from the code itself. */
export const referencePages = (root: string): ReadonlyMap<string, string> => {
  const dispositions = dispositionsIn(sourceFiles(root, 'libs', 'services', 'cli'));
  const catalogue = { contracts: CONTRACTS, topologies: TOPOLOGIES, frozen: readFrozenVersions(root) };
  const pages: readonly (readonly [string, string])[] = [
    ['README.md', indexPage()],
    ['config.md', configPage(CONFIGS, COMMAND_VARIABLES)],
    ['errors.md', errorsPage(ERROR_CODES, dispositions)],
    ['events.md', eventsPage(catalogue)],
    ['flow.md', flowPage(TOPOLOGIES)],
    ['metrics.md', metricsPage(METRICS)],
    ['rejections.md', rejectionsPage(REJECTION_CODES)],
    ['trainers.md', trainersPage(TRAINERS)],
  ];
  return new Map([
    ['asyncapi.yaml', `# ${NOTE}\n${renderYaml(asyncApiDocument(TOPOLOGIES, CONTRACTS))}`],
    ...pages.map(([name, text]): [string, string] => [name, `<!-- ${NOTE} -->\n\n${text}\n`]),
  ]);
};
