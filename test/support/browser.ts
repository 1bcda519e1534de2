/**
 * A real browser for tests: the Chromium that comes inside a package, where that serves this system; else an installed one,
 * named by CLICKLEDGER_CHROMIUM or found as Chrome. Undefined, with the reason, where there is none.
 */
import chromium from '@sparticuz/chromium';
import { type Browser, chromium as launcher } from 'playwright-core';

export async function aBrowser(): Promise<{ browser?: Browser; because?: string }> {
  try {
    return { browser: await launched() };
  } catch (error) {
    const [because = ''] = String(error).split('\n');
    return { because: `no browser starts here: ${because}; name one with CLICKLEDGER_CHROMIUM=path` };
  }
}

async function launched(): Promise<Browser> {
  const own = process.env['CLICKLEDGER_CHROMIUM'];
  if (own !== undefined) return launcher.launch({ executablePath: own });
  if (process.platform !== 'linux') return launcher.launch({ channel: 'chrome' });
  return launcher.launch({
    executablePath: await chromium.executablePath(),
    // Without those that make it lax about origins, which the page relies on, and that end it with its first page.
    args: chromium.args.filter((argument) => !/web-security|isolation|single-process/.test(argument)),
  });
}
