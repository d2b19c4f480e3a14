import { stringify } from 'yaml';

/**
 * YAML without anchors and without folded lines: what stands twice is written twice, and a change shows as a line. Texts that YAML
 * 1.1 takes for something else (times, `on`) stand in quotes, since many readers still speak it.
 */
export const renderYaml = (document: object): string =>
  stringify(document, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false });
