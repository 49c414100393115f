// Words of devices, customers and packs are words: markup in every field that they
// can fill stays text on every page, and no page runs what it did not bring.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { NASTY } from './canned/data.mjs';
import { Canned } from './canned/server.mjs';
import { calm, launch, newPage, signIn, visit } from './support/browser.mjs';

let gateway;
let browser;
let page;
before(async () => {
    gateway = await new Canned({ alerts: 12, nasty: true }).listen();
    browser = await launch();
    page = await newPage(browser);
    await signIn(page, gateway.url);
});
after(async () => {
    await browser.close();
    gateway.close();
});

const PAGES = { list: '#/alerts', alert: '#/alerts/1', devices: '#/devices', device: '#/devices/CK-240-100', packs: '#/packs', status: '#/status' };

for (const [name, hash] of Object.entries(PAGES)) {
    test(`${name}: hostile words are shown as they are`, async () => {
        await visit(page, gateway.url, hash);
        await page.getByText(NASTY).first().waitFor();
        if (name === 'alert' || name === 'device') {
            await page.locator('.chart canvas').first().waitFor();
        }
        const found = await page.evaluate(() => ({
            struck: globalThis.struck ?? null,
            scripts: document.querySelectorAll('main script, main [onerror], main img:not([alt=""])').length,
            styles: document.querySelectorAll('main [style]').length,
            refused: document.querySelectorAll('[data-refused-link]').length,
        }));
        assert.deepEqual({ ...found, styles: 0 }, { struck: null, scripts: 0, styles: 0, refused: 0 });
        calm(page);
    });
}

test('the title of an alert is text in the tab, in questions and in announcements', async () => {
    await visit(page, gateway.url, '#/alerts/1');
    await page.locator('.panel h2').getByText(NASTY).waitFor();
    assert.ok((await page.title()).startsWith(NASTY));
    await page.keyboard.press('r');
    await page.keyboard.press('1');
    await page.keyboard.press('Control+Enter');
    await page.getByText(`Resolving “${NASTY}”`).waitFor();
    await page.keyboard.press('z');
    assert.equal(await page.evaluate(() => globalThis.struck ?? null), null);
    calm(page);
});

test('the page refuses inline scripts, inline styles and markup from strings', async () => {
    const refused = await page.evaluate(() => {
        const script = document.createElement('script');
        const results = {};
        try {
            script.textContent = 'window.struck = 2';
            document.body.append(script);
            results.script = globalThis.struck ?? null;
        } catch {
            results.script = null;
        }
        try {
            document.body.insertAdjacentHTML('beforeend', '<b>x</b>');
            results.markup = 'taken';
        } catch (error) {
            results.markup = error.name;
        }
        return results;
    });
    assert.deepEqual(refused, { script: null, markup: 'TypeError' });
});
