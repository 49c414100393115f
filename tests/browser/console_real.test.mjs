// The console in front of the real house: appliances that break, a real broker, the
// gateway's own REST, feed, login and files. What happens on the bench is seen, acted
// on and told on the pages, and axe finds nothing on them.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { accessible, calm, launch, MODES, newPage, signIn, until, visit } from './support/browser.mjs';
import { raiseHouse } from './support/house.mjs';

let house;
let browser;
let page;

before(async () => {
    house = await raiseHouse();
    browser = await launch();
    page = await newPage(browser);
});
after(async () => {
    await browser?.close();
    await house?.close();
});

const enter = (on, hash = '') => signIn(on, house.url, { user: house.user, password: house.password, hash });

describe('a day on the bench', () => {
    test('a wrong password is refused, the right one lets in', async () => {
        await page.goto(house.url);
        await page.getByLabel('User name').fill(house.user);
        await page.getByLabel('Password').fill('not the password');
        await page.keyboard.press('Enter');
        await page.getByText('User name or password is wrong. Check both and try again.').waitFor();
        await enter(page);
        await page.getByText('Nothing needs you right now').waitFor();
        await page.getByText('Live', { exact: true }).waitFor();
        calm(page);
    });

    test('the gateway holds the cookie from scripts and sends a strict policy', async () => {
        const [cookie] = (await page.context().cookies()).filter((one) => one.name === 'tocsin_session');
        assert.ok(cookie.httpOnly);
        assert.equal(cookie.sameSite, 'Strict');
        const answer = await page.request.get(house.url);
        const policy = answer.headers()['content-security-policy'];
        assert.match(policy, /default-src 'none'/);
        assert.doesNotMatch(policy, /unsafe/);
    });

    test('a fault in the firmware appears by itself, is announced, and shows why', async (t) => {
        const { raised } = await house.provoke('fridge-1', 'sensor_broken');
        const row = page.locator('.row.alert').filter({ hasText: 'Kitchen fridge' });
        await row.first().waitFor();
        t.diagnostic(`on the page ${Date.now() - raised.realtime_ms} ms after the firmware's call`);
        assert.match(await page.locator('#announcer').textContent(), /^New Critical alert: /);
        assert.match(await row.first().textContent(), /Critical.*CK-300.*Anna Weber.*Open/);
        await page.keyboard.press('j');
        await page.keyboard.press('Enter');
        await page.getByText(/The device reported the fault “.*sensor.*”\./).waitFor();
        await page.getByRole('row', { name: /Customer.*anna@home\.example.*Accepted/ }).waitFor();
        calm(page);
    });

    test('acknowledge, note, snooze and its undo, as the gateway keeps them', async () => {
        await page.keyboard.press('a');
        await page.locator('.panel .state').getByText('Acknowledged by agent').waitFor();
        await page.keyboard.press('n');
        await page.getByLabel('Note', { exact: true }).fill('Anna calls back at 5');
        await page.keyboard.press('Control+Enter');
        await page.locator('.log').getByText('Anna calls back at 5').waitFor();
        await page.keyboard.press('s');
        await page.keyboard.press('1');
        await page.keyboard.press('Control+Enter');
        await page.locator('.panel').getByRole('button', { name: 'End snooze' }).waitFor();
        await page.getByRole('button', { name: 'Undo' }).click();
        await page.locator('.panel').getByRole('button', { name: /^Snooze/ }).waitFor();
        calm(page);
    });

    test('a second agent sees it without reloading; the data resolves it', async () => {
        const other = await newPage(browser);
        await enter(other);
        await other.getByText('Acknowledged by agent').first().waitFor();
        await house.clear('fridge-1', 'sensor_broken');
        await other.getByRole('button', { name: '1 no longer here' }).waitFor();
        await other.keyboard.press('u');
        await other.getByText('Nothing needs you right now').waitFor();
        await page.locator('.panel').getByText('Resolved: the device’s data says that it is over').waitFor();
        calm(other);
        await other.context().close();
    });

    test('a resolve by hand, after its five seconds, is the gateway’s word', async () => {
        await house.provoke('washer-1', 'heater_open');
        await visit(page, house.url, '#/alerts');
        await page.getByRole('button', { name: 'Update the list' }).click();
        await page.locator('.row.alert').filter({ hasText: 'washer-1' }).first().click();
        await page.locator('.panel .log').waitFor();
        await page.keyboard.press('r');
        await page.keyboard.press('1');
        await page.getByLabel('Note (optional)').fill('New heater fitted');
        await page.keyboard.press('Control+Enter');
        await page.locator('.panel').getByText('Resolved: fixed by us').waitFor();
        await page.locator('.log').getByText('New heater fitted').waitFor();
        calm(page);
    });

    test('the device: values, charts, timeline and a ledger where nothing is missing', async () => {
        await visit(page, house.url, '#/devices/fridge-1?range=hour');
        await page.getByRole('heading', { name: 'Kitchen fridge' }).waitFor();
        await page.getByText('Nothing is missing.').waitFor();
        await page.locator('.chart canvas').first().waitFor();
        await page.locator('.events li').first().waitFor();
        await page.getByRole('button', { name: 'Send a test alert' }).click();
        await page.getByText('Delivery is captive').waitFor();
        await page.getByRole('button', { name: 'Send test alert' }).click();
        await page.getByRole('link', { name: 'Open it' }).click();
        await page.getByText('This is a test alert. Nothing is wrong with the device.').waitFor();
        calm(page);
    });
});

const PAGES = { list: ['#/alerts', '.row.alert'], resolved: ['#/alerts?view=resolved', '.row.alert'], devices: ['#/devices', 'table.devices tbody tr'], device: ['#/devices/fridge-1', '.chart canvas'], packs: ['#/packs', 'table.data'], status: ['#/status', '.healths'] };

for (const mode of Object.keys(MODES)) {
    test(`every page in ${mode}: axe finds nothing`, async () => {
        const mine = await newPage(browser, mode);
        await enter(mine);
        for (const [name, [hash, ready]] of Object.entries(PAGES)) {
            await visit(mine, house.url, hash);
            await mine.locator(ready).first().waitFor();
            await accessible(mine, `${name}, ${mode}`);
        }
        await visit(mine, house.url, '#/alerts');
        await mine.locator('.row.alert').first().click();
        await mine.locator('.panel .log li').first().waitFor();
        await accessible(mine, `an alert, ${mode}`);
        calm(mine);
        await mine.context().close();
    });
}

test('signing out ends the session for the gateway too', async () => {
    await page.getByRole('button', { name: 'Sign out agent' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await until(async () => (await page.request.get(`${house.url}api/v1/session`)).status() === 401, 'the cookie is worth nothing');
});
