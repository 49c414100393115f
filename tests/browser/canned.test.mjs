// The canned gateway must not drift from the real one: each of its answers is held
// against docs/openapi.yaml.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import Ajv from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { Canned } from './canned/server.mjs';

let gateway;
let validate;
let cookie;

before(async () => {
    gateway = await new Canned({ alerts: 6 }).listen();
    const spec = parse(await readFile(new URL('../../docs/openapi.yaml', import.meta.url), 'utf8'));
    const ajv = new Ajv({ strict: false, allErrors: true });
    ajv.addSchema(spec, 'openapi');
    validate = (pointer) => ajv.getSchema(`openapi#${pointer}`);
    const answer = await fetch(`${gateway.url}api/v1/session`, { method: 'POST', body: JSON.stringify({ user: 'demo', password: 'demo-password' }) });
    cookie = answer.headers.get('set-cookie').split(';')[0];
});
after(() => gateway.close());

const escape = (text) => text.replaceAll('~', '~0').replaceAll('/', '~1');
const at = (place, method, status) =>
    `/paths/${encodeURIComponent(escape(place))}/${method}/responses/${status}/content/application~1json/schema`;

const ANSWERS = [
    ['session', at('/session', 'get', 200)],
    ['alerts', at('/alerts', 'get', 200)],
    ['alerts/1', '/components/schemas/Alert'],
    ['devices', at('/devices', 'get', 200)],
    ['devices/CK-240-100', at('/devices/{id}', 'get', 200)],
    ['devices/CK-240-100/timeline', at('/devices/{id}/timeline', 'get', 200)],
    ['devices/CK-240-100/series?metric=1&from_ms=0&to_ms=1000', at('/devices/{id}/series', 'get', 200)],
    ['packs', at('/packs', 'get', 200)],
    ['status', at('/status', 'get', 200)],
    ['outbox?state=dead', at('/outbox', 'get', 200)],
    ['alerts/999', '/components/schemas/Problem'],
];

for (const [place, pointer] of ANSWERS) {
    test(`GET ${place} has the shape of the contract`, async () => {
        const answer = await fetch(`${gateway.url}api/v1/${place}`, { headers: { cookie } });
        const check = validate(pointer);
        assert.ok(check, `docs/openapi.yaml has ${pointer}`);
        check(await answer.json());
        assert.deepEqual(check.errors ?? [], []);
    });
}

test('the moves answer with a whole alert and are told on the feed', async () => {
    const feed = await fetch(`${gateway.url}api/v1/feed`, { headers: { cookie } });
    const reader = feed.body.pipeThrough(new TextDecoderStream()).getReader();
    const send = (verb, body) => fetch(`${gateway.url}api/v1/alerts/2/${verb}`, {
        method: 'POST', headers: { cookie, 'x-csrf-token': 'canned-csrf' }, body: JSON.stringify(body),
    });
    const alert = validate('/components/schemas/Alert');
    for (const [verb, body] of [['acknowledge', {}], ['snooze', { until_ms: Date.now() + 1000 }], ['note', { text: 'x' }], ['resolve', { reason: 'fixed' }]]) {
        alert(await (await send(verb, body)).json());
        assert.deepEqual(alert.errors ?? [], [], verb);
    }
    assert.equal((await send('resolve', { reason: 'fixed' })).status, 409);
    let text = '';
    while (!text.includes('alert.resolved')) {
        text += (await reader.read()).value;
    }
    const event = validate('/components/schemas/FeedEvent');
    for (const line of text.split('\n').filter((one) => one.startsWith('data: '))) {
        event(JSON.parse(line.slice(6)));
        assert.deepEqual(event.errors ?? [], [], line);
    }
    await reader.cancel();
});
