/** The console as people meet it: in a real browser, on a real platform, with keyboard and eyes. Needs `npm run build`. */
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { accessibilityFaults, describeInBrowser, openBrowser, screenshotFolder } from './browser';
import { ConsolePlatform } from './console-platform';

/** Every page: where it is, its heading, and what must stand on it. */
const PAGES: readonly {
  readonly at: string;
  readonly heading: string;
  readonly says: readonly (string | RegExp)[];
}[] = [
  {
    at: '',
    heading: 'Overview',
    says: ['Pipeline', 'observations', 'fraud version 1', 'amount has drifted'],
  },
  { at: 'streams', heading: 'Streams', says: ['transactions', 'fraud-labels', 'customer_id'] },
  {
    at: 'streams/transactions',
    heading: 'Stream transactions',
    says: [
      'OUT_OF_RANGE',
      'MISSING_FIELD',
      'amount is -5, the least is 0',
      '"transaction_id":"bad-1"',
      '0 to 100000 EUR',
    ],
  },
  { at: 'features', heading: 'Features', says: ['fraud', '1 active'] },
  {
    at: 'features/fraud',
    heading: 'Features of fraud',
    says: ['Freshness', 'Drift by window', 'tx_count_1h', 'Distributions', /psi \d/],
  },
  { at: 'deployments', heading: 'Deployments', says: ['active', 'champion: version 1'] },
  {
    at: 'deployments/fraud',
    heading: 'Deployment fraud',
    says: ['What runs', 'version 1, 100 %', 'Story of the rollout'],
  },
  { at: 'monitors', heading: 'Monitors and alerts', says: ['amount has drifted', 'roc_auc', 'Silences'] },
  {
    at: 'monitors/fraud',
    heading: 'Monitor of fraud',
    says: ['roc_auc by window', 'Predictions by window', 'Made from', 'serving.predictions.fraud'],
  },
  { at: 'runs', heading: 'Runs', says: ['fraud'] },
  { at: 'runs/run-0-1', heading: 'Run run-0-1', says: ['roc_auc'] },
  { at: 'models', heading: 'Models', says: ['fraud'] },
  { at: 'models/fraud', heading: 'Model fraud', says: ['champion', 'passed'] },
  { at: 'models/fraud/1', heading: 'fraud@1', says: ['Model card'] },
  { at: 'lineage', heading: 'Lineage', says: ['Graph'] },
  { at: 'dead-letters', heading: 'Dead letters', says: ['Newest first', '0-0'] },
  { at: 'replays', heading: 'Replays', says: [/replay/i] },
  { at: 'timeline', heading: 'Timeline', says: ['Decisions', 'ada'] },
  { at: 'stories', heading: 'Stories', says: ['fraud'] },
];

const WIDE = { width: 1360, height: 900 };

describeInBrowser('the console', () => {
  const platform = new ConsolePlatform();
  const pictures = screenshotFolder();
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[] = [];
  const asked = new Set<string>();

  const open = async (at: string): Promise<void> => {
    await page.goto(`${platform.url}/#/${at}`);
    // A change of the part behind `#` alone loads nothing: the heading says when the page is there.
    await page.reload();
    await page.locator('main h1').waitFor();
  };

  const mainText = (): Promise<string> => page.locator('main').innerText();

  const see = async (what: string | RegExp): Promise<void> => {
    await page.locator('main').getByText(what).filter({ visible: true }).first().waitFor({ timeout: 20_000 });
  };

  const focused = (): Promise<string> =>
    page.evaluate<string>(
      `document.activeElement ? document.activeElement.innerText || document.activeElement.value || '' : ''`,
    );

  beforeAll(async () => {
    await platform.start();
    browser = await openBrowser();
    context = await browser.newContext({ viewport: WIDE });
    page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => asked.add(new URL(request.url()).origin));
  }, 400_000);

  afterAll(async () => {
    await browser?.close();
    await platform.stop();
    if (process.env.PLAYHEAD_SCREENSHOTS === undefined) rmSync(pictures, { recursive: true, force: true });
  }, 120_000);

  beforeEach(() => {
    complaints = [];
  });

  /** A picture of the page as it is, and what axe-core says of it. */
  const faultsOf = async (name: string, colorScheme: 'light' | 'dark'): Promise<string[]> => {
    await page.emulateMedia({ colorScheme });
    const path = join(pictures, `${name}-${colorScheme}.png`);
    await page.screenshot({ path, fullPage: true });
    expect(statSync(path).size).toBeGreaterThan(10_000);
    return accessibilityFaults(page);
  };

  it.each(PAGES)(
    'page "$at" shows what there is, without a complaint of the browser, accessible, light and dark',
    async ({ at, heading, says }) => {
      await open(at);
      expect(await page.locator('main h1').innerText()).toBe(heading);
      for (const text of says) await see(text);
      await page.waitForFunction(`document.querySelector('main .loading') === null`);
      const name = at.replaceAll(/[^a-z0-9]+/gi, '-') || 'overview';
      expect(await faultsOf(name, 'light')).toEqual([]);
      expect(await faultsOf(name, 'dark')).toEqual([]);
      expect(await page.locator('main [role=alert]').count()).toBe(0);
      expect(complaints).toEqual([]);
    },
    90_000,
  );

  it('asks nobody but the doors of the platform', () => {
    const doors = new Set(Object.values(platform.doors).map((url) => new URL(url).origin));
    expect([...asked].filter((origin) => !doors.has(origin))).toEqual([]);
  });

  it('can be used with the keyboard alone: skip link, navigation, focus on the heading of a new page', async () => {
    await open('');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to content');
    await page.keyboard.press('Enter');
    expect(await focused()).toBe('Overview');
    await page.locator('nav').getByRole('link', { name: 'Streams' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Streams' }).waitFor();
    expect(await focused()).toBe('Streams');
    expect(await page.title()).toBe('Streams · Playhead');
    expect(await page.locator('nav a[aria-current=page]').innerText()).toBe('Streams');
    // From the heading on, everything on the page can be reached and left again.
    const reached: string[] = [];
    for (let i = 0; i < 8; i++) {
      await page.keyboard.press('Tab');
      reached.push(await focused());
    }
    expect(reached).toEqual(expect.arrayContaining(['fraud-labels', 'transactions']));
    expect(
      await page.evaluate<string>(`getComputedStyle(document.activeElement ?? document.body).outlineStyle`),
    ).toBeDefined();
  }, 60_000);

  it('shows what comes while it is open, and goes on by itself after an interruption', async () => {
    await open('streams/transactions');
    await see('bad-1');
    await platform.post('transactions', [
      { transaction_id: 'live-1', event_time: '2026-03-01T00:00:00.000Z', customer_id: 'C1', amount: 1e6 },
    ]);
    await see(/live-1/);
    await page.locator('.live-on').waitFor();
    await context.setOffline(true);
    await page.evaluate(`window.dispatchEvent(new Event('offline'))`);
    await context.setOffline(false);
    await open('');
    await page.locator('.live-on').waitFor();
  }, 60_000);

  it('lets an operator acknowledge, silence and resolve an alert', async () => {
    await open('monitors');
    await page
      .locator('main')
      .getByRole('link', { name: /amount has drifted/ })
      .first()
      .click();
    await page.getByRole('button', { name: 'Acknowledge' }).first().click();
    const dialog = page.locator('dialog[open]');
    await dialog.getByLabel(/Reason/).fill('new prices');
    expect(await accessibilityFaults(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Acknowledge' }).click();
    await see('seen by console: “new prices”');
    await page.getByRole('button', { name: 'Silence' }).first().click();
    await page.locator('dialog[open]').getByRole('button', { name: 'Silence' }).click();
    await see(/silenced until/);
    await page.getByRole('button', { name: 'Resolve' }).first().click();
    await page.locator('dialog[open]').getByLabel('Reason').fill('it is as it should be');
    await page.locator('dialog[open]').getByRole('button', { name: 'Resolve' }).click();
    await see(/resolved by console/);
    await open('monitors');
    await see('feature-drift of amount in fraud');
  }, 60_000);

  it('says which service does not answer, and what a refusal means', async () => {
    await open('streams/nothing');
    await see('there is no stream nothing');
    await see('PLAYHEAD_NOT_FOUND');
    await page.route(`${platform.doors['registry']!}/**`, (route) => route.abort());
    await open('deployments');
    await see(/registry does not answer at/);
    await page.unroute(`${platform.doors['registry']!}/**`);
    // It tries again by itself.
    await see('champion: version 1');
  }, 60_000);

  it('shows the registry as it was, by a link that says when', async () => {
    await open('deployments?asOf=0-0');
    await see('The registry as it was at');
    expect(await mainText()).not.toContain('champion: version 1');
    await page.getByRole('button', { name: 'Back to now' }).click();
    await see('champion: version 1');
  }, 60_000);

  it('goes back in time by the slider, decision by decision, on every page of the registry', async () => {
    await open('timeline');
    const slider = page.getByRole('slider', { name: 'Registry as of' });
    await slider.waitFor();
    await see('Deployment fraud');
    await slider.focus();
    await page.keyboard.press('Home');
    await see('The registry as it was at');
    await see('no alias');
    await page.locator('nav').getByRole('link', { name: 'Models' }).click();
    await see('The registry as it was at');
    expect(await mainText()).not.toContain('champion');
    await page.goBack();
    await slider.focus();
    await page.keyboard.press('End');
    await see(/champion 1/);
    expect(page.url()).not.toContain('asOf');
  }, 60_000);

  it('drives a dead letter again', async () => {
    await open('dead-letters?source=ingestion');
    await page.getByRole('button', { name: 'Drive again' }).first().click();
    await page.locator('dialog[open]').getByRole('button', { name: 'Drive again' }).click();
    await see('1 record appended to the inbox again');
    // It is no JSON still, so it comes back.
    await see('2 records');
  }, 60_000);

  it('verifies a deployment and shows what came out', async () => {
    await open('replays');
    await page.getByRole('button', { name: 'Verify a deployment' }).first().click();
    await page.locator('dialog[open]').getByRole('button', { name: 'Verify a deployment' }).click();
    await page
      .locator('main')
      .getByText(/bit exact, 0 diverged/)
      .first()
      .waitFor({ timeout: 90_000 });
  }, 120_000);

  it('is light or dark as one says, and remembers it', async () => {
    await page.emulateMedia({ colorScheme: 'light' });
    await open('');
    const ground = (): Promise<string> =>
      page.evaluate<string>(`getComputedStyle(document.body).backgroundColor`);
    const light = await ground();
    const button = page.getByRole('button', { name: /^theme:/ });
    await button.click();
    await button.click();
    expect(await button.innerText()).toContain('dark');
    expect(await ground()).not.toBe(light);
    await page.reload();
    expect(await page.evaluate<string>(`document.documentElement.dataset.theme`)).toBe('dark');
    await button.click();
  }, 60_000);

  it('can be read on a narrow screen', async () => {
    await page.setViewportSize({ width: 420, height: 800 });
    for (const { at, says } of PAGES.slice(0, 3)) {
      await open(at);
      await see(says[0]!);
      const width = await page.evaluate<number>(`document.documentElement.scrollWidth`);
      expect([at, width]).toEqual([at, 420]);
    }
    await page.setViewportSize(WIDE);
  }, 60_000);
});
