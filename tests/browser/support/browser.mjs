// Chromium for the tests: pages that collect every error and every refusal of the
// content policy, signing in, and axe with the WCAG A and AA rules.

import assert from 'node:assert/strict';
import axe from 'axe-core';
import { chromium } from 'playwright-core';

export const MODES = {
    light: { viewport: { width: 1440, height: 900 }, colorScheme: 'light' },
    dark: { viewport: { width: 1440, height: 900 }, colorScheme: 'dark' },
    phone: { viewport: { width: 360, height: 740 }, colorScheme: 'light', isMobile: true, hasTouch: true },
};
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa'];

export const launch = () => chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });

// A page whose page.faults gathers what must not be: exceptions, refused scripts or
// styles, logged errors. An answer of 401 before signing in is expected.
export async function newPage(browser, mode = 'light', context = null) {
    const inside = context ?? (await browser.newContext({ ...MODES[mode], reducedMotion: 'reduce', locale: 'en-GB', timezoneId: 'Europe/Berlin' }));
    const page = await inside.newPage();
    page.setDefaultTimeout(15000);
    page.faults = [];
    page.on('pageerror', (error) => page.faults.push(String(error.stack ?? error)));
    page.on('console', (message) => {
        if (message.type() === 'error' && !/status of (401|409|404)|ERR_EMPTY_RESPONSE|ERR_CONNECTION|ERR_INCOMPLETE/.test(message.text())) {
            page.faults.push(message.text());
        }
    });
    return page;
}

export async function signIn(page, url, { user = 'demo', password = 'demo-password', hash = '' } = {}) {
    await page.goto(url + hash);
    await page.getByLabel('User name').fill(user);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('navigation').waitFor();
}

export async function visit(page, url, hash) {
    await page.goto(url + hash);
}

// Zero violations, or the list of what and where.
export async function accessible(page, where) {
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate((tags) => globalThis.axe.run(document, { runOnly: { type: 'tag', values: tags } }), RULES);
    const found = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary}`).join(' | ')}`);
    assert.deepEqual(found, [], `${where}: axe finds nothing`);
}

export function calm(page) {
    assert.deepEqual(page.faults, [], 'no exception, no refused script or style');
}

export async function until(check, what, deadline_ms = 15000) {
    const end = Date.now() + deadline_ms;
    while (Date.now() < end) {
        if (await check()) {
            return;
        }
        await new Promise((resolve) => setTimeout(resolve, 25));
    }
    assert.fail(`waited in vain: ${what}`);
}

export const focused = (page) => page.evaluate(() => {
    const one = document.activeElement;
    return one?.dataset?.id ?? one?.id ?? one?.tagName;
});
