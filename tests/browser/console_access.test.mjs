// Every page, in light, dark and at phone width: nothing that axe finds against WCAG
// A and AA, nothing wider than the phone, no error and no refused script or style.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Canned } from './canned/server.mjs';
import { accessible, calm, launch, MODES, newPage, signIn, visit } from './support/browser.mjs';

const PAGES = {
    'the list': ['#/alerts', '.row.alert'],
    'the resolved list': ['#/alerts?view=resolved', '.list-notice .empty'],
    'an alert': ['#/alerts/1', '.panel .chart canvas'],
    'an alert that is not there': ['#/alerts/9999', '.panel .failure'],
    'the devices': ['#/devices', 'table.devices tbody tr'],
    'a device': ['#/devices/CK-240-100', '.device-page .chart canvas'],
    'the packs': ['#/packs', 'table.data'],
    'the status': ['#/status', '.healths'],
    'a wrong address': ['#/nowhere', '.page.empty'],
};

let gateway;
let browser;
before(async () => {
    gateway = await new Canned({ alerts: 30 }).listen();
    browser = await launch();
});
after(async () => {
    await browser.close();
    gateway.close();
});

const narrow = (page) => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth && [...document.querySelectorAll('main, .panel, .page')].every((one) => one.scrollWidth <= one.clientWidth + 1));

for (const mode of Object.keys(MODES)) {
    describe(mode, () => {
        test('the sign-in page', async () => {
            const page = await newPage(browser, mode);
            await page.goto(gateway.url);
            await page.getByLabel('User name').waitFor();
            await accessible(page, 'sign-in');
            await page.getByRole('button', { name: 'Sign in' }).click();
            await page.getByText('Enter a user name and a password.').waitFor();
            await page.getByLabel('User name').fill('demo');
            await page.getByLabel('Password').fill('wrong');
            await page.keyboard.press('Enter');
            await page.getByText('User name or password is wrong. Check both and try again.').waitFor();
            await accessible(page, 'sign-in with an error');
            calm(page);
            await page.context().close();
        });

        test('every page behind it', async () => {
            const page = await newPage(browser, mode);
            await signIn(page, gateway.url);
            for (const [name, [hash, ready]] of Object.entries(PAGES)) {
                await visit(page, gateway.url, hash);
                await page.locator(ready).first().waitFor();
                await accessible(page, `${name}, ${mode}`);
                assert.ok(await narrow(page), `${name} fits the width`);
            }
            calm(page);
            await page.context().close();
        });

        test('the questions and the keyboard sheet', async () => {
            const page = await newPage(browser, mode);
            await signIn(page, gateway.url, { hash: '#/alerts/1' });
            await page.locator('.panel .chart canvas').first().waitFor();
            for (const [key, heading] of [['r', 'Resolve alert'], ['s', 'Snooze alert'], ['n', 'Add a note'], ['?', 'Keyboard']]) {
                await page.keyboard.press(key);
                await page.getByRole('heading', { name: heading }).waitFor();
                await accessible(page, `${heading}, ${mode}`);
                await page.keyboard.press('Escape');
                await page.locator('dialog').waitFor({ state: 'detached' });
            }
            calm(page);
            await page.context().close();
        });
    });
}
