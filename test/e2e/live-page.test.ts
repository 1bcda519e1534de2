/**
 * The live page as a person has it: `npm start`, a real browser, its buttons. With CLICKLEDGER_SCREENSHOTS=docs/images the pictures
 * of the documents are taken anew.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { aBrowser } from '../support/browser.ts';
import { RunningStart } from '../support/running-start.ts';
import { furnished, prepareRuntimeFolder, root } from '../support/runtime-folder.ts';
import { until } from '../support/until.ts';

const WITHIN_MS = 60_000;
const axe = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');
const picturesFolder = process.env['CLICKLEDGER_SCREENSHOTS'];

const { browser, because } = await aBrowser();
if (because !== undefined) console.log(because);

describe('the live page', { timeout: 300_000, skip: because ?? false }, () => {
  after(async () => {
    await browser?.close();
    if (start.process.exitCode === null) start.signal(start.process.pid, 'SIGTERM');
    await start.ended();
    assert.deepEqual(start.left(), [], 'nothing stays behind');
  });
  const folder = prepareRuntimeFolder({ after });
  const complaints: string[] = [];
  const asked = new Set<string>();
  let start: RunningStart;
  let page: Page;
  let url = '';

  before(async () => {
    start = new RunningStart({ folder: await furnished(folder), given: ['--rate', '600'] });
    await start.until('its address is printed', () => /#token=\S+/.test(start.stdout), 120_000);
    url = /http:\S+#token=\S+/.exec(start.stdout)?.[0] ?? '';
    page = await (browser as Browser).newPage({ viewport: { width: 1280, height: 1440 } });
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => asked.add(new URL(request.url()).host));
    await page.goto(url);
    await page.waitForSelector('body[data-ready]', { timeout: WITHIN_MS });
  });

  const billing = '[data-group="billing-service"]';
  const count = (selector: string) => page.locator(selector).count();
  const press = (action: string, within = '') =>
    page.locator(`${within} [data-action="${action}"]`).first().click();
  const seen = (what: string, holds: () => Promise<boolean>) => until(what, holds, WITHIN_MS);
  const verdict = async () => (await page.locator('#verdict').getAttribute('data-state')) ?? '';
  async function picture(name: string, fullPage = false): Promise<void> {
    if (picturesFolder !== undefined)
      await page.screenshot({ path: join(root, picturesFolder, `${name}.png`), fullPage });
  }

  it('shows the topic, both groups, the money and the verdict, and asks nobody else for anything', async () => {
    await seen('the verdict is exact', async () => (await verdict()) === 'exact');
    await seen('the log is counted', async () =>
      /\d/.test(await page.locator('[data-card="log"] .figure-money').innerText()),
    );

    assert.equal(await count('#topic > li'), 3);
    assert.equal(await count('[data-group] .partition-row'), 6);
    assert.match(
      await page.locator('#verdict-says').innerText(),
      /^Exact: every click counted once \([\d,]+ of [\d,]+ records audited [\d.]+ s ago\)$/,
    );
    assert.deepEqual([...asked], [new URL(url).host]);
    assert.equal(page.url().includes('token'), false, 'the token is taken out of the address bar');
    await picture('page-at-the-start');
  });

  it('an owner killed by its button hands over to the standby, exact all the while; without Clickledger it is billed twice', async () => {
    const states: string[] = [];
    const watching = setInterval(
      () =>
        void verdict().then(
          (state) => states.push(state),
          () => {},
        ),
      250,
    );
    await press('without-clickledger');
    await page.getByRole('button', { name: 'Add a standby' }).click();
    await seen('one stands by', async () => (await count(`${billing} [data-state="standby"]`)) === 1);
    await seen(
      'the naive has counted',
      async () => (await page.locator('[data-card="naive"] .figure-clicks').innerText()).length > 3,
    );
    const standby = await page.locator(`${billing} [data-state="standby"]`).getAttribute('data-poller');
    await picture('page-with-a-standby');

    await page.getByRole('button', { name: 'Kill an owner' }).click();
    await seen('a partition has no owner', async () => (await count(`${billing} .orphan`)) > 0);
    await picture('page-while-nobody-owns');
    await seen(
      'the standby owns',
      async () => (await count(`${billing} [data-poller="${standby}"][data-state="owner"]`)) === 1,
    );
    await seen('every partition is owned', async () => (await count(`${billing} .orphan`)) === 0);
    await seen(
      'the naive has billed twice',
      async () => (await count('[data-card="naive"][data-tone="bad"]')) === 1,
    );
    await seen('it is exact still', async () => (await verdict()) === 'exact');
    clearInterval(watching);

    const log = await page.locator('#log').innerText();
    assert.match(
      log,
      /assigned\s.*\s.*to poller \d+, which goes on at committed offset [\d,]+, after \d+\.\d s without an owner/,
    );
    assert.match(
      await page.locator('[data-card="naive"] .figure-says').innerText(),
      /double-billed: at least [\d,]+ click/,
    );
    assert.equal(states.includes('wrong'), false);
    assert.equal(await count(`[data-group="fraud-service"] .member`), 1, 'the other group was not touched');
    await picture('page-after-the-hand-over');
  });

  it('is worked by keyboard alone: poison that is sent so is parked', async () => {
    await page.locator('[data-action="send-poison"]').focus();
    await page.keyboard.press('Enter');

    await seen('it is parked', async () => {
      const facts = await page.locator('[data-card="billing-service"] dd').allInnerTexts();
      return facts[1] === '5';
    });
    const outlined = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    assert.equal(outlined, 'solid');
  });

  it('has no barrier that axe finds, at both widths, light and dark, and nothing is cut off', async () => {
    for (const width of [1280, 390])
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        await page.evaluate(axe);
        // What does not depend on width and colours is looked at once.
        const whole = width === 1280 && colorScheme === 'light';
        const found = await page.evaluate(`axe.run(${whole ? '{}' : '{ runOnly: ["wcag2aa"] }'})`);
        const { violations } = found as {
          violations: { id: string; impact: string; nodes: { html: string }[] }[];
        };
        const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
        const wider = await page.evaluate('document.documentElement.scrollWidth - innerWidth');

        assert.deepEqual(
          serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
          [],
          `${width} ${colorScheme}`,
        );
        assert.ok(Number(wider) <= 0, `${wider} pixels too wide at ${width}`);
        if (width === 390 && colorScheme === 'dark') await picture('page-narrow-and-dark');
      }
  });

  it('a page of another origin can neither press its buttons nor look at it', async () => {
    const { port } = new URL(url);
    const token = new URLSearchParams(new URL(url).hash.slice(1)).get('token');
    const server = createServer((_, response) =>
      response.setHeader('Content-Type', 'text/html').end('<p>hostile'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const hostile = await (browser as Browser).newPage();
    await hostile.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);

    const tried = await hostile.evaluate(
      async ({ port, token }) => {
        const body = JSON.stringify({ action: 'restart-broker' });
        const at = `http://127.0.0.1:${port}`;
        const plainly = await fetch(`${at}/actions`, { method: 'POST', mode: 'no-cors', body }).catch(
          () => 'refused',
        );
        const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
        const withToken = await fetch(`${at}/actions`, { method: 'POST', headers, body }).then(
          () => 'done',
          () => 'refused',
        );
        const looked = await new Promise((resolve) => {
          const stream = new EventSource(`${at}/events?token=${token}`);
          stream.onerror = () => resolve('refused');
          stream.onmessage = () => resolve('seen');
        });
        return { plainly: typeof plainly === 'string' ? plainly : plainly.type, withToken, looked };
      },
      { port, token },
    );
    await hostile.close();
    server.close();

    assert.deepEqual([tried.withToken, tried.looked], ['refused', 'refused']);
    assert.doesNotMatch(await page.locator('#log').innerText(), /the Kafka broker \(pid/);
    assert.deepEqual(complaints, []);
  });

  it('says that nobody owns the partitions of a frozen poller that was alone in its group', async () => {
    await page.setViewportSize({ width: 1280, height: 1440 });
    const fraud = '[data-group="fraud-service"]';
    await press('freeze-poller', fraud);
    await seen('nobody owns', async () => (await count(`${fraud} .orphan`)) === 3);
    await seen('the log tells it', async () =>
      /the broker has removed frozen poller \d+/.test(await page.locator('#log').innerText()),
    );

    assert.match(
      await page.locator(`${fraud} .orphan .owner`).first().innerText(),
      /^nobody \(Poller \d+ was removed\)$/,
    );
    await press('thaw-poller', fraud);
    await seen('it owns again', async () => (await count(`${fraud} .orphan`)) === 0);
    assert.deepEqual(complaints, []);
  });

  it('says that the run has ended, and disables the outdated page', async () => {
    start.signal(start.process.pid, 'SIGTERM');
    await start.ended();

    await seen('it says so', () => page.locator('#notice').isVisible());
    assert.match(
      await page.locator('#notice').innerText(),
      /^npm start has ended or has not answered since \d\d:\d\d:\d\d\./,
    );
    assert.equal(await page.evaluate('document.querySelector("main").inert'), true);
  });
});
