/** Debian's Chromium, driven by playwright-core. Installed by apt-get where a machine's root has none; else the tests are skipped, and said to be. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';

const CHROMIUM = process.env.PLAYHEAD_CHROMIUM ?? '/usr/bin/chromium';

const isThere = (): boolean => {
  if (existsSync(CHROMIUM)) return true;
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return false;
  process.stderr.write('installing chromium (apt-get), for the tests of the console\n');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { stdio: 'ignore', env, timeout: 240_000 } as const;
  spawnSync('apt-get', ['update', '-q'], options);
  spawnSync('apt-get', ['install', '-q', '-y', '--no-install-recommends', 'chromium'], options);
  return existsSync(CHROMIUM);
};

/** A suite that needs a browser. */
export const describeInBrowser: typeof describe = (isThere() ? describe : describe.skip) as typeof describe;
if (!existsSync(CHROMIUM))
  process.stderr.write(`!! SKIPPED, not passed: there is no browser at ${CHROMIUM}; set PLAYHEAD_CHROMIUM\n`);

/** Nothing that looks for other hosts: the console must work without internet, and so must its tests. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-dev-shm-usage',
    ],
  });

/** Where the pictures go: kept where PLAYHEAD_SCREENSHOTS says so. */
export const screenshotFolder = (): string => {
  const { PLAYHEAD_SCREENSHOTS: wanted } = process.env;
  if (wanted === undefined) return mkdtempSync(join(tmpdir(), 'playhead-screenshots-'));
  mkdirSync(wanted, { recursive: true });
  return resolve(wanted);
};

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export interface AccessibilityFault {
  readonly id: string;
  readonly impact: string | null;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** What axe-core finds wrong by WCAG 2.2 A and AA, contrast included. */
export const accessibilityFaults = async (page: Page): Promise<string[]> => {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate<{ violations: AccessibilityFault[] }>(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations'] })`,
  );
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}\n${html}\n${failureSummary}`),
  );
};
