// A support agent's work in the console: what is new comes by itself and moves
// nothing, everything goes by keyboard, moves can be undone, failures are told.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { Canned } from './canned/server.mjs';
import { calm, focused, launch, MODES, newPage, signIn, until, visit } from './support/browser.mjs';

let browser;
let gateway;
let page;
before(async () => {
    browser = await launch();
});
after(() => browser.close());
beforeEach(async () => {
    gateway = await new Canned({ alerts: 30 }).listen();
    page = await newPage(browser);
});
afterEach(async () => {
    await page.context().close();
    gateway.close();
});

const rows = () => page.locator('.row.alert');
const firstId = async () => page.evaluate(() => {
    const all = [...document.querySelectorAll('.row.alert')];
    return all.sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)[0]?.dataset.id;
});
const asked = (method, part) => gateway.requests.filter((one) => one.method === method && one.place.includes(part));
const toList = async (hash = '') => {
    await signIn(page, gateway.url, { hash });
    await rows().first().waitFor();
    await until(() => gateway.followers === 1, 'the feed is followed');
};

describe('the live list', () => {
    test('a new alert is told at once and moves nothing until merged', async () => {
        await toList();
        const before_ = await firstId();
        const alert = gateway.raise(1, 0);
        await page.getByRole('button', { name: '1 new' }).waitFor();
        assert.match(await page.locator('#announcer').textContent(), /New Critical alert: Cabinet above the limit, Fridge 1\./);
        assert.equal(await firstId(), before_, 'what is read stays where it is');
        await page.keyboard.press('u');
        await until(async () => (await firstId()) === String(alert.id), 'the merged alert stands first');
        await page.getByRole('button', { name: /new/ }).waitFor({ state: 'hidden' });
        calm(page);
    });

    test('merging keeps a scrolled list where it is', async () => {
        gateway.close();
        gateway = await new Canned({ alerts: 400 }).listen();
        await toList();
        await page.locator('.grid').evaluate((grid) => { grid.scrollTop = 3000; });
        await until(async () => (await page.locator('[aria-rowindex="75"]').count()) === 1, 'scrolled');
        const seen = page.locator('[aria-rowindex="75"]');
        const id = await seen.getAttribute('data-id');
        const top = (await seen.boundingBox()).y;
        gateway.raise(1, 0);
        await page.getByRole('button', { name: '1 new' }).click();
        assert.equal((await page.locator(`[data-id="${id}"]`).boundingBox()).y, top);
    });

    test('an alert that others resolve stays in place, marked, until merged', async () => {
        await toList();
        const alert = gateway.alerts.find((one) => one.severity === 'critical');
        gateway.move(alert, { state: 'resolved', resolved_by: 'data', resolution: 'data', resolved_ms: Date.now() }, 'alert.resolved', { move: 'resolved', actor: 'data' });
        await page.getByRole('button', { name: '1 no longer here' }).waitFor();
        const row = page.locator(`[data-id="${alert.id}"]`);
        assert.match(await row.textContent(), /Resolved by the device’s data/);
        await page.getByRole('button', { name: '1 no longer here' }).click();
        await row.waitFor({ state: 'detached' });
    });

    test('an empty list shows what is new at once', async () => {
        gateway.close();
        gateway = await new Canned({ alerts: 0 }).listen();
        await signIn(page, gateway.url);
        await page.getByText('Nothing needs you right now').waitFor();
        await until(() => gateway.followers === 1, 'the feed is followed');
        gateway.raise(1, 1);
        await page.getByRole('link', { name: 'Door reported open for five minutes' }).waitFor();
        await page.getByText('Nothing needs you right now').waitFor({ state: 'detached' });
    });

    test('a broken feed is shown as it is, and nothing is missed', async () => {
        await toList();
        await page.getByText('Live', { exact: true }).waitFor();
        gateway.goDown(true);
        await page.getByText(/^Not live since \d\d:\d\d\. What you see may be out of date\.$/).waitFor();
        await page.getByText('Reconnecting').waitFor();
        gateway.raise(2, 0);
        gateway.goDown(false);
        await page.getByRole('button', { name: 'Try now' }).click();
        await page.getByText('Live', { exact: true }).waitFor();
        await page.getByRole('button', { name: '1 new' }).waitFor();
        await page.getByText('Not live since').waitFor({ state: 'hidden' });
    });

    test('all tabs share one feed; when its tab closes another goes on without a hole', async () => {
        await toList();
        const second = await newPage(browser, 'light', page.context());
        await second.goto(gateway.url);
        await second.locator('.row.alert').first().waitFor();
        await second.getByText('Live', { exact: true }).waitFor();
        assert.equal(gateway.followers, 1);
        gateway.raise(1, 0);
        await second.getByRole('button', { name: '1 new' }).waitFor();
        await page.close();
        gateway.raise(2, 0);
        await second.getByRole('button', { name: '2 new' }).waitFor();
        await until(() => gateway.followers === 1, 'one feed again');
        page = second;
    });

    test('10,000 alerts: the first page shows at once, few rows are elements', async (t) => {
        gateway.close();
        gateway = await new Canned({ alerts: 10000 }).listen();
        await signIn(page, gateway.url, { hash: '#/packs' });
        const began = Date.now();
        await visit(page, gateway.url, '#/alerts');
        await rows().first().waitFor();
        t.diagnostic(`first rows after ${Date.now() - began} ms, ${asked('GET', '/alerts').length} pages read by then`);
        await page.getByText('10,000 alerts').waitFor();
        t.diagnostic(`all 10,000 after ${Date.now() - began} ms`);
        assert.equal(await page.locator('.grid').getAttribute('aria-rowcount'), '10001');
        await page.locator('.row.alert').first().focus();
        await page.keyboard.press('End');
        await page.locator('[aria-rowindex="10001"]').waitFor();
        assert.ok((await rows().count()) < 80, 'rows out of sight are no elements');
        const frames = await page.evaluate(scrollThrough);
        t.diagnostic(`scrolling: median frame ${frames.median.toFixed(1)} ms, worst ${frames.worst.toFixed(1)} ms`);
        calm(page);
    });

    test('filters, sort and the open alert are in the address', async () => {
        await toList();
        await page.getByRole('button', { name: /^Critical/ }).click();
        await page.getByRole('button', { name: /^Minor/ }).click();
        await page.getByLabel('Search alerts').fill('Fridge 1');
        await page.getByLabel('Sort by').selectOption('newest');
        await until(() => page.url().includes('q=Fridge+1'), 'the search is in the address');
        assert.match(page.url(), /severity=critical%2Cminor/);
        assert.match(page.url(), /sort=newest/);
        await page.reload();
        await rows().first().waitFor();
        assert.equal(await page.getByLabel('Search alerts').inputValue(), 'Fridge 1');
        assert.equal(await page.locator('.row.alert.major').count(), 0);
        assert.equal(await page.getByRole('button', { name: /^Minor/ }).getAttribute('aria-pressed'), 'true');
        await page.getByRole('button', { name: 'Acknowledged', exact: true }).click();
        await page.getByText('No alert matches these filters.').waitFor();
        await page.getByRole('link', { name: 'Clear filters' }).click();
        await page.getByText('Nothing needs you right now').waitFor();
    });

    test('a search that is typed into keeps what is typed', async () => {
        await toList();
        await page.keyboard.press('/');
        await page.keyboard.type('Fridge 10', { delay: 120 });
        await until(() => page.url().includes('q=Fridge+10'), 'searched');
        assert.equal(await page.getByLabel('Search alerts').inputValue(), 'Fridge 10');
    });
});

// Scrolls the list for sixty frames and measures them; runs in the page.
function scrollThrough() {
    return new Promise((resolve) => {
        const grid = document.querySelector('.grid');
        const spans = [];
        let last = performance.now();
        grid.scrollTop = 0;
        const step = (now) => {
            spans.push(now - last);
            last = now;
            grid.scrollTop += 700;
            if (spans.length < 61) {
                requestAnimationFrame(step);
            } else {
                spans.shift();
                spans.sort((a, b) => a - b);
                resolve({ median: spans[30], worst: spans[59] });
            }
        };
        requestAnimationFrame(step);
    });
}

describe('by keyboard alone', () => {
    test('walk, open, act, go on, close: the focus is always somewhere sensible', async () => {
        await toList();
        await page.keyboard.press('j');
        const first = await focused(page);
        await page.keyboard.press('j');
        const second = await focused(page);
        assert.notEqual(first, second);
        await page.keyboard.press('k');
        assert.equal(await focused(page), first);
        await page.keyboard.press('Enter');
        await until(async () => (await focused(page)) === 'alert-title', 'the alert has the focus');
        assert.match(page.url(), new RegExp(`#/alerts/${first}$`));
        await page.keyboard.press('a');
        await page.locator(`[data-id="${first}"]`).getByText('Acknowledged by demo').waitFor();
        await page.keyboard.press('j');
        await until(() => page.url().endsWith(`#/alerts/${second}`), 'the next alert');
        await page.keyboard.press('Escape');
        await until(async () => (await focused(page)) === second, 'back on its row');
        await page.keyboard.press('d');
        await page.getByRole('heading', { name: 'Ledger' }).waitFor();
        calm(page);
    });

    test('go-to keys, the sheet, and switching single keys off', async () => {
        await toList();
        for (const [key, heading] of [['d', 'Devices'], ['p', 'Packs'], ['s', 'Status'], ['a', 'Alerts']]) {
            await page.keyboard.press('g');
            await page.keyboard.press(key);
            await page.getByRole('heading', { name: heading, exact: true, level: 1 }).waitFor();
        }
        await page.keyboard.press('?');
        await page.getByLabel('Use single-key shortcuts').uncheck();
        await page.keyboard.press('Escape');
        await page.keyboard.press('g');
        await page.keyboard.press('d');
        assert.match(page.url(), /#\/alerts$/);
    });

    test('every focusable thing of the frame shows its focus', async () => {
        await toList();
        for (let i = 0; i < 24; i += 1) {
            await page.keyboard.press('Tab');
            const seen = await page.evaluate(() => {
                const style = getComputedStyle(document.activeElement);
                return document.activeElement === document.body || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2);
            });
            assert.ok(seen, `focus ${i} is visible: ${await page.evaluate(() => document.activeElement.outerHTML.slice(0, 120))}`);
        }
    });
});

describe('acting on an alert', () => {
    const id = 4;
    const open = async () => {
        await toList(`#/alerts/${id}`);
        await page.locator('.panel .chart canvas').first().waitFor();
    };

    test('evidence in words, chart with a sentence and a table, who was told, the log', async () => {
        await open();
        await page.getByText('The lowest cabinet temperature over 10 min was 9.4 °C. That is above 8 °C.').waitFor();
        await page.getByText('Door open: off for the whole 10 min.').waitFor();
        const figure = page.getByRole('figure', { name: 'Cabinet temperature' });
        assert.match(await figure.locator('figcaption').textContent(), /Cabinet temperature: between 3\.7\s°C and 9\.7\s°C, .* Limit 8\s°C\./);
        await figure.getByText('Show as a table').click();
        await figure.locator('tbody tr').first().waitFor();
        assert.ok((await figure.locator('tbody tr').count()) >= 20);
        await page.getByRole('row', { name: /Manufacturer.*quality.*Not delivered.*certificate has expired/ }).waitFor();
        await page.getByText('Your fridge is too warm').waitFor();
        await page.getByText('by the device’s data').waitFor();
        calm(page);
    });

    test('a resolve needs a reason, can be undone, and is sent only after the wait', async () => {
        await open();
        await page.keyboard.press('r');
        await page.getByRole('button', { name: 'Resolve', exact: true }).last().click();
        await page.getByText('Choose what ended it.').waitFor();
        await page.keyboard.press('3');
        await page.keyboard.press('Control+Enter');
        await page.getByText(/Resolving “/).waitFor();
        await page.keyboard.press('z');
        await page.getByText('Undone. Nothing was changed.').waitFor();
        assert.equal(asked('POST', '/resolve').length, 0);
        await page.keyboard.press('r');
        await page.getByLabel('The customer fixed it').check();
        await page.getByLabel('Note (optional)').fill('Door was ajar');
        await page.keyboard.press('Control+Enter');
        await page.locator('.panel').getByText('Resolved: fixed by the customer').waitFor();
        assert.deepEqual(asked('POST', '/resolve')[0].body, { reason: 'customer_fixed', note: 'Door was ajar' });
        await page.locator('.panel').getByText('Door was ajar').waitFor();
    });

    test('leaving the page does not lose a resolve that waits', async () => {
        await open();
        await page.keyboard.press('r');
        await page.keyboard.press('1');
        await page.keyboard.press('Control+Enter');
        await page.getByText(/Resolving “/).waitFor();
        await page.goto('about:blank');
        await until(() => asked('POST', '/resolve').length === 1, 'sent on leaving');
    });

    test('snooze by preset and until a time, with its undo', async () => {
        await open();
        await page.keyboard.press('s');
        await page.keyboard.press('2');
        await page.keyboard.press('Control+Enter');
        await page.getByText(/^Snoozed until/).first().waitFor();
        const [sent] = asked('POST', '/snooze');
        assert.ok(Math.abs(sent.body.until_ms - Date.now() - 4 * 3600000) < 60000);
        await page.getByRole('button', { name: 'Undo' }).click();
        await page.locator('.panel').getByRole('button', { name: /^Snooze/ }).waitFor();
        assert.equal(asked('POST', '/snooze')[1].body.until_ms, 0);
        await page.keyboard.press('s');
        await page.getByLabel('Until', { exact: true }).fill('2001-01-01T08:00');
        await page.keyboard.press('Control+Enter');
        await page.getByText('Choose a time that is still to come.').waitFor();
        assert.equal(asked('POST', '/snooze').length, 2);
    });

    test('an alert of a silent device says that it may be out of date', async () => {
        await toList('#/alerts/3');
        await page.getByText('The device is offline: this alert may be out of date until it reports again.').waitFor();
        await visit(page, gateway.url, '#/alerts/2');
        await page.getByText('The device is offline').waitFor({ state: 'detached' });
    });

    test('a note shows in the log', async () => {
        await open();
        await page.keyboard.press('n');
        await page.getByLabel('Note', { exact: true }).fill('Customer calls back at 5');
        await page.keyboard.press('Control+Enter');
        await page.locator('.log').getByText('Customer calls back at 5').waitFor();
    });

    test('a lost race is told as a sentence and shows how it stands', async () => {
        await open();
        const alert = gateway.alerts[id - 1];
        Object.assign(alert, { state: 'resolved', resolved_by: 'user:maria', resolution: 'fixed', resolved_ms: Date.now() });
        await page.keyboard.press('a');
        await page.getByRole('alert').getByText('Acknowledge did not work. The alert was resolved by user:maria. Somebody or the data was faster. What you see now is how it stands.').waitFor();
        await page.locator('.panel').getByText('Resolved: fixed by us').waitFor();
    });

    test('a gateway that is away is told as a sentence', async () => {
        await open();
        gateway.goDown(true);
        await page.keyboard.press('a');
        await page.getByRole('alert').getByText('Acknowledge did not work. The gateway did not answer. Check your connection and try again.').waitFor();
    });

    test('who may only look sees no moves', async () => {
        gateway.role = 'viewer';
        await open();
        await page.getByText('You are signed in to look, not to act.').waitFor();
        await page.keyboard.press('a');
        await page.keyboard.press('r');
        assert.equal(await page.locator('dialog').count(), 0);
        assert.equal(asked('POST', '/alerts').length, 0);
    });
});

describe('the other pages', () => {
    test('a device: values, ledger with reasons, range in the address, a test alert', async () => {
        await toList('#/alerts');
        await visit(page, gateway.url, '#/devices/CK-240-101');
        await page.getByRole('heading', { name: 'Fridge 1' }).waitFor();
        await page.getByText('its storage budget was full').waitFor();
        await page.getByText('2 batches are still owed; the device sends them again until they are here.').waitFor();
        await page.getByRole('button', { name: 'Week' }).click();
        assert.match(page.url(), /range=week/);
        await page.getByRole('button', { name: 'Send a test alert' }).click();
        await page.getByText('Delivery is captive').waitFor();
        await page.getByRole('button', { name: 'Send test alert' }).click();
        await page.getByRole('link', { name: 'Open it' }).click();
        await page.getByText('This is a test alert. Nothing is wrong with the device.').waitFor();
        calm(page);
    });

    test('the devices: search, presence, by keyboard', async () => {
        await toList();
        await visit(page, gateway.url, '#/devices?presence=offline');
        await page.getByText('2 devices').waitFor();
        await page.getByLabel('Presence').selectOption('');
        await page.keyboard.press('Escape');
        await page.getByLabel('Search devices').fill('20003');
        await page.getByText('1 device', { exact: true }).waitFor();
        await page.keyboard.press('Escape');
        await page.keyboard.press('j');
        await page.keyboard.press('Enter');
        await page.getByRole('heading', { name: 'CK-240-103' }).waitFor();
    });

    test('a dead letter is sent again', async () => {
        await toList();
        await visit(page, gateway.url, '#/status');
        await page.getByRole('button', { name: 'Send again' }).click();
        await page.getByText('No message is dead.').waitFor();
        assert.equal(asked('POST', '/outbox/2/replay').length, 1);
    });

    test('a session that ended leads to signing in and back to the same place', async () => {
        await toList('#/alerts/4');
        await page.context().clearCookies();
        await page.keyboard.press('a');
        await page.getByText('Your session has ended. Sign in again to go on where you were.').waitFor();
        await page.getByLabel('User name').fill('demo');
        await page.getByLabel('Password').fill('demo-password');
        await page.keyboard.press('Enter');
        await page.locator('.panel h2').waitFor();
        assert.match(page.url(), /#\/alerts\/4$/);
        await page.getByRole('button', { name: 'Sign out demo' }).click();
        await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    });

    test('the theme: as the system, light, dark, and it is remembered', async () => {
        await toList();
        const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        const light = await ground();
        await page.keyboard.press('t');
        await page.keyboard.press('t');
        assert.notEqual(await ground(), light);
        await page.reload();
        await rows().first().waitFor();
        assert.notEqual(await ground(), light);
    });

    test('on a phone: the alert covers the list, and back', async () => {
        await page.context().close();
        page = await newPage(browser, 'phone');
        await toList();
        await rows().first().tap();
        await page.locator('.panel .log li').waitFor();
        assert.equal(await page.locator('.grid').isVisible(), false);
        const button = await page.locator('.panel').getByRole('button', { name: 'Acknowledge' }).boundingBox();
        assert.ok(button.height >= 40 && button.x + button.width <= MODES.phone.viewport.width);
        await page.getByRole('button', { name: 'Back to the list' }).tap();
        await rows().first().waitFor();
        calm(page);
    });
});
