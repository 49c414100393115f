// The API from outside: a host program serves it over a real store (API_HOST, as
// built by tests/wire), and every JSON answer is held against docs/openapi.yaml.
// holds: ACCESS-2
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findOperation, judge, operations, validate } from './openapi.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = process.env.API_HOST ?? join(root, 'build/debug/tests/api_host');
const T0 = 1700000000000;

let folder, host, lines, info, base, ops;
const succeeded = new Set();

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-api-'));
  host = spawn(program, [join(folder, 'store.db'), join(root, 'gateway/console')],
    { stdio: ['pipe', 'pipe', 'inherit'] });
  lines = createInterface({ input: host.stdout })[Symbol.asyncIterator]();
  info = JSON.parse((await lines.next()).value);
  base = `http://127.0.0.1:${info.port}`;
  ops = `http://127.0.0.1:${info.ops}`;
});

after(async () => {
  host.stdin.write('quit\n');
  const [code] = await once(host, 'exit');
  rmSync(folder, { recursive: true });
  assert.equal(code, 0, 'the host ended without a leak or a complaint');
});

async function tell(command) {
  host.stdin.write(`${command}\n`);
  assert.equal((await lines.next()).value, 'ok');
}

// One request; checks the answer against the document and returns it.
async function call(method, path, { token = info.writer, headers = {}, body, raw } = {}) {
  const all = { ...headers };
  if (token) all.authorization = `Bearer ${token}`;
  if (body !== undefined) all['content-type'] ??= 'application/json';
  const response = await fetch(`${base}/api/v1${path}`, {
    method, headers: all, body: raw ?? (body === undefined ? undefined : JSON.stringify(body)),
  });
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  const json = text === '' ? null : JSON.parse(text);
  const operation = findOperation(method, path.split('?')[0]);
  if (operation && ![404, 405, 415].includes(response.status))
    assert.deepEqual(judge(operation, response.status, type, json), []);
  else if (response.status >= 400)
    assert.deepEqual(validate({ $ref: '#/components/schemas/Problem' }, json), []);
  if (operation && response.ok) succeeded.add(operation.id);
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
  assert.match(response.headers.get('content-security-policy'), /default-src 'none'/);
  return { status: response.status, json, headers: response.headers };
}

const fields = (answer) => (answer.json.errors ?? []).map((e) => e.field).sort();

async function login(user, password) {
  const answer = await call('POST', '/session', { token: null, body: { user, password } });
  const cookie = answer.headers.get('set-cookie')?.split(';')[0];
  return { ...answer, cookie, csrf: answer.json.csrf };
}

test('without a session or token everything but login is a 401', async () => {
  for (const [method, path] of [['GET', '/alerts'], ['GET', '/session'], ['GET', '/nothing'],
    ['POST', '/alerts/1/note'], ['GET', '/feed'], ['PUT', '/webhooks/x']])
    assert.equal((await call(method, path, { token: null, body: method === 'GET' ? undefined : {} })).status, 401);
  assert.equal((await call('GET', '/alerts', { token: 'tocsin_wrong' })).status, 401);
  const basic = { authorization: 'Basic YTpi' };
  assert.equal((await call('GET', '/alerts', { token: null, headers: basic })).status, 401);
  const cookie = { cookie: 'tocsin_session=AAAA; other=1' };
  assert.equal((await call('GET', '/alerts', { token: null, headers: cookie })).status, 401);
});

test('a login gives a cookie that scripts cannot read and a CSRF token that changes need', async () => {
  const wrong = await login('agent', 'wrong horse');
  const nobody = await login('nobody', 'wrong horse');
  assert.equal(wrong.status, 401);
  assert.deepEqual(wrong.json, nobody.json);
  const me = await login('agent', 'correct horse');
  assert.equal(me.status, 200);
  const set = me.headers.get('set-cookie');
  for (const word of ['HttpOnly', 'SameSite=Strict', 'Path=/']) assert.ok(set.includes(word));
  const as = (headers) => ({ token: null, headers: { cookie: `a=b; ${me.cookie}; c=d`, ...headers }, body: { text: 'x' } });
  assert.deepEqual((await call('GET', '/session', { token: null, headers: { cookie: me.cookie } })).json,
    { user: 'agent', role: 'agent', csrf: me.csrf });
  assert.equal((await call('POST', '/alerts/2/note', as({}))).status, 403);
  assert.equal((await call('POST', '/alerts/2/note', as({ 'x-csrf-token': 'nope' }))).status, 403);
  assert.equal((await call('POST', '/alerts/2/note', as({ 'x-csrf-token': me.csrf }))).status, 200);
  assert.equal((await call('DELETE', '/webhooks/x', as({ 'x-csrf-token': me.csrf }))).status, 403, 'an agent is no admin');
  assert.equal((await call('POST', '/alerts/2/note', as({ 'x-csrf-token': me.csrf, 'sec-fetch-site': 'cross-site' }))).status, 403);
  const out = { token: null, headers: { cookie: me.cookie, 'x-csrf-token': me.csrf } };
  assert.equal((await call('DELETE', '/session', out)).status, 204);
  assert.equal((await call('GET', '/session', { token: null, headers: { cookie: me.cookie } })).status, 401);
});

test('who guesses passwords is locked out, and others are not', async () => {
  for (let i = 0; i < 5; i++) assert.equal((await login('viewer', `guess ${i}`)).status, 401);
  const locked = await login('viewer', 'battery staple');
  assert.equal(locked.status, 429);
  assert.ok(Number(locked.headers.get('retry-after')) > 0);
  assert.equal((await login('boss', 'stapler stapler')).status, 200);
});

test('a login must be JSON, small, and say user and password', async () => {
  const post = (options) => call('POST', '/session', { token: null, ...options });
  assert.equal((await post({ headers: { 'content-type': 'text/plain' }, raw: '{}' })).status, 415);
  assert.equal((await post({ body: 0, raw: '{"user":' })).status, 400);
  assert.equal((await post({ body: 0, raw: '{"user":"a","user":"b","password":"c"}' })).status, 400);
  assert.deepEqual(fields(await post({ body: { user: 1, pasword: 'x' } })), ['password', 'pasword', 'user']);
  assert.equal((await post({ body: 0, raw: `{"user":"${'x'.repeat(70000)}"}` })).status, 413);
});

test('tokens: read reads, write writes, neither needs CSRF', async () => {
  assert.deepEqual((await call('GET', '/session')).json, { user: 'writer', role: 'write', csrf: null });
  assert.equal((await call('GET', '/alerts', { token: info.reader })).status, 200);
  assert.equal((await call('POST', '/alerts/1/note', { token: info.reader, body: { text: 'x' } })).status, 403);
  assert.equal((await call('DELETE', '/session')).status, 403);
});

test('alerts: pages follow on without gap or double in both orders', async () => {
  for (const sort of ['severity', 'newest']) {
    const seen = [];
    for (let after = ''; after !== null;) {
      const page = await call('GET', `/alerts?sort=${sort}&limit=7${after && `&after=${after}`}`);
      seen.push(...page.json.items);
      after = page.json.next;
    }
    assert.equal(seen.length, 61);
    assert.equal(new Set(seen.map((a) => a.id)).size, 61);
    const rank = { critical: 2, major: 1, minor: 0 };
    for (let i = 1; i < seen.length; i++) {
      const [a, b] = [seen[i - 1], seen[i]];
      if (sort === 'newest') assert.ok(a.id > b.id);
      else assert.ok(rank[a.severity] > rank[b.severity] || (a.severity === b.severity && a.id > b.id));
    }
  }
});

test('alerts: each filter filters', async () => {
  const count = async (query) => (await call('GET', `/alerts?limit=500&${query}`)).json.items.length;
  assert.equal(await count('state=open,acknowledged'), 50);
  assert.equal(await count('state=resolved'), 11);
  assert.equal(await count('severity=critical'), 20);
  assert.equal(await count('severity=critical,minor'), 41);
  assert.equal(await count('device=fridge-007'), 1);
  assert.equal(await count('model=CK-1'), 20);
  assert.equal(await count('rule=other'), 0);
  assert.equal(await count('customer=anna'), 1);
  assert.equal(await count('q=ridge-00'), 10);
  assert.equal(await count('q=100%25'), 1, "LIKE's own signs are text");
  assert.equal(await count('q=_'), 61, 'the rule has an underscore');
  assert.equal(await count('q=fridge_007'), 0);
  assert.equal(await count('snoozed=1'), 0);
  assert.equal(await count('test=1'), 0);
  for (const attack of ["' OR 1=1--", "x'); DROP TABLE alerts;--", '%', '\\', '"', 'ü'])
    assert.ok(await count(`device=${encodeURIComponent('fridge-000')}&q=${encodeURIComponent(attack)}`) <= 1);
  assert.equal(await count(''), 61, 'nothing was dropped');
  assert.equal(await count('q=fridge%20is%20WARM'), 60, 'a title');
  assert.equal(await count('q=Ihr%20K%C3%BChl'), 60, 'a title as a German customer reads it');
  assert.equal(await count('q=cabinet%20at'), 60, 'a headline');
  assert.equal(await count('q=fault%2021'), 60, 'the fault in the evidence');
  assert.equal(await count('q=cabinet%20warm'), 60, "a rule's words");
  assert.equal(await count('q=anna'), 1, 'a customer');
  assert.equal(await count('q=same%20identity'), 0);
  assert.equal(await count('q=data%20of%20the%20device'), 1, "one of the gateway's own rules");
});

test('a wrong query is a 400 that names the parameter', async () => {
  const bad = async (path) => {
    const answer = await call('GET', path);
    assert.equal(answer.status, 400, path);
    return fields(answer).join();
  };
  assert.equal(await bad('/alerts?limit=0'), 'limit');
  assert.equal(await bad('/alerts?limit=9x'), 'limit');
  assert.equal(await bad('/alerts?state=opened'), 'state');
  assert.equal(await bad('/alerts?sort=age'), 'sort');
  assert.equal(await bad('/alerts?after=hello'), 'after');
  assert.equal(await bad('/alerts?severty=critical'), 'severty');
  assert.equal(await bad('/alerts?q=a&q=b'), 'q');
  assert.equal(await bad('/devices?presence=away'), 'presence');
  assert.equal(await bad('/devices/fridge-000/series'), 'from_ms,metric,to_ms');
  assert.equal(await bad(`/devices/fridge-000/series?metric=1&from_ms=${T0}&to_ms=${T0}`), 'to_ms');
  assert.equal(await bad('/alerts?q=%ff'), '');
  assert.match((await call('GET', '/alerts?severty=x')).json.errors[0].detail, /severity/);
});

test('an alert shows its evidence, its log, who was told and its words', async () => {
  const { json } = await call('GET', '/alerts/1');
  assert.equal(json.title, 'Your fridge is warm');
  assert.equal(json.evidence[0].metric_name, 'Cabinet temperature');
  assert.equal(json.evidence[0].unit, 'celsius');
  assert.equal(json.evidence[1].fault_name, 'heater_open');
  assert.equal(json.evidence[1].limit, null);
  assert.deepEqual(json.metrics.map((m) => m.name), ['cabinet_temp', 'door_open']);
  assert.deepEqual(json.told.map((t) => t.state), ['accepted', 'dead']);
  assert.deepEqual(json.texts.customer.steps, ['Close the door.', 'Wait an hour.']);
  assert.equal(json.headline, 'Cabinet at 9.1\u00a0°C (fault 21)');
  assert.equal(json.texts.support, 'Cabinet at 9.1\u00a0°C; ask about the door of fridge-000.', 'no name of its owner');
  assert.equal(json.texts.manufacturer, null);
  assert.equal(json.texts.customer.lang, 'de', "the owner's language");
  assert.match(json.texts.customer.body, /^Anna <script>.*, <img src=x onerror=alert\(1\)> ist bei 9,1.°C, seit Dienstag, 14..November 2023, 22:13.Uhr UTC\.$/);
  assert.equal(json.presence, 'online');
  const row = (await call('GET', '/alerts?device=fridge-001')).json.items[0];
  assert.equal(row.presence, 'offline');
  assert.equal(row.headline, 'Cabinet at 9.1\u00a0°C (fault 21)');
  assert.equal((await call('GET', '/alerts/3')).json.texts.customer.lang, 'en', 'nobody owns it');
  const own = (await call('GET', '/alerts/61')).json;
  assert.equal(own.headline, 'Data of the device is missing');
  assert.match(own.texts.support, /fridge-059 numbered batches/);
  assert.equal(own.texts.customer, null, 'it is not for customers');
  assert.equal(json.customer.name, 'Anna <script>alert(1)</script>', 'texts travel as they are');
  for (const id of ['0', '-1', '99999', 'x', '1%20', '99999999999999999999'])
    assert.equal((await call('GET', `/alerts/${id}`)).status, 404, id);
});

test('moves answer after the commit, refuse what is not allowed, and name wrong fields', async () => {
  const post = (what, body) => call('POST', `/alerts/${what}`, { body });
  const acked = await post('3/acknowledge', { note: 'on it' });
  assert.equal(acked.json.state, 'acknowledged');
  assert.equal(acked.json.acked_by, 'token:writer');
  assert.equal(acked.json.log.at(-1).reason, 'on it');
  assert.equal((await call('POST', '/alerts/4/acknowledge')).status, 200, 'the body may be left out');
  const until = Date.now() + 3600000;
  assert.equal((await post('3/snooze', { until_ms: until, reason: 'parts' })).json.snoozed_until_ms, until);
  assert.equal((await call('GET', '/alerts?snoozed=1')).json.items[0].id, 3);
  assert.equal((await post('3/resolve', { reason: 'fixed' })).json.resolution, 'fixed');
  const again = await post('3/resolve', { reason: 'fixed' });
  assert.equal(again.status, 409);
  assert.match(again.json.detail, /resolved already/);
  assert.equal((await post('777/acknowledge', {})).status, 404);
  const wrong = async (what, body, field) => {
    const answer = await post(what, body);
    assert.equal(answer.status, 422);
    assert.deepEqual(fields(answer), [field]);
  };
  await wrong('5/snooze', {}, 'until_ms');
  await wrong('5/snooze', { until_ms: 1 }, 'until_ms');
  await wrong('5/snooze', { until_ms: Date.now() + 91 * 86400000 }, 'until_ms');
  await wrong('5/snooze', { until_ms: 1.5 }, 'until_ms');
  await wrong('5/resolve', { reason: 'bored' }, 'reason');
  await wrong('5/note', { text: '' }, 'text');
  await wrong('5/note', { text: 'x'.repeat(501) }, 'text');
  await wrong('5/note', { text: 'bell \u0007' }, 'text');
  await wrong('5/acknowledge', { notes: 'x' }, 'notes');
  assert.equal((await call('POST', '/alerts/5/note', { body: [] })).status, 422);
});

test('devices: list, one, ledger, test alert', async () => {
  const first = await call('GET', '/devices?limit=59');
  const rest = await call('GET', `/devices?after=${first.json.next}`);
  assert.deepEqual(rest.json.items.map((d) => d.id), ['fridge-059']);
  assert.equal(rest.json.next, null);
  assert.equal((await call('GET', '/devices?presence=online&model=CK-0&q=ridge-00')).json.items.length, 2);
  const { json } = await call('GET', '/devices/fridge-000');
  const { expected, stored, accounted, missing } = json.ledger;
  assert.equal(expected, stored + accounted + missing);
  assert.equal(json.ledger.drops[0].reason, 'budget');
  assert.equal(json.latest[1].name, 'metric 999');
  assert.deepEqual(json.latest[2], { metric: 60001, name: 'system_load', label: 'System load', unit: 'one', kind: 'gauge',
    instance: 0, at_ms: T0, value: 0.5 });
  assert.deepEqual((await call('GET', '/devices?q=script')).json.items.map((d) => d.id), ['fridge-000'], "its owner's name");
  assert.equal(json.components[0].lot, 'L7');
  assert.equal((await call('GET', '/devices/none')).status, 404);
  assert.equal((await call('POST', '/devices/fridge-000/test-alert', { body: {} })).status, 202);
  assert.equal((await call('POST', '/devices/none/test-alert', { body: {} })).status, 404);
});

test('the timeline joins what is known of a device, newest first, in pages', async () => {
  const seen = [];
  for (let after = ''; after !== null;) {
    const page = await call('GET', `/devices/fridge-000/timeline?limit=10${after && `&after=${after}`}`);
    seen.push(...page.json.items);
    after = page.json.next;
  }
  for (let i = 1; i < seen.length; i++) assert.ok(seen[i - 1].at_ms >= seen[i].at_ms);
  const kinds = new Set(seen.map((e) => e.kind));
  for (const kind of ['alert.opened', 'device.presence', 'told', 'owner']) assert.ok(kinds.has(kind), kind);
  assert.equal(seen.find((e) => e.kind === 'alert.opened').text, 'Alert: Cabinet at 9.1\u00a0°C (fault 21)');
  assert.equal(seen.filter((e) => e.kind === 'device.presence').length, 30);
  assert.equal((await call('GET', '/devices/none/timeline')).status, 404);
});

test('a series is exact while it fits and keeps its extremes when thinned', async () => {
  const get = async (query) => (await call('GET', `/devices/fridge-000/series?metric=1&${query}`)).json;
  const minute = await get(`from_ms=${T0}&to_ms=${T0 + 59000}`);
  assert.ok(minute.exact);
  assert.equal(minute.points.length, 60);
  assert.deepEqual(minute.points[0], [T0, 4, 4, 4]);
  assert.deepEqual(minute.points[59], [T0 + 59000, 9.9, 9.9, 9.9]);
  const day = await get(`from_ms=${T0}&to_ms=${T0 + 86400000 - 1}&points=600`);
  assert.ok(!day.exact);
  assert.equal(day.points.length, 600);
  assert.equal(Math.min(...day.points.map((p) => p[1])), 4);
  assert.equal(Math.max(...day.points.map((p) => p[3])), 9.9);
  for (let i = 1; i < day.points.length; i++) assert.ok(day.points[i][0] > day.points[i - 1][0]);
  assert.equal((await get(`instance=1&from_ms=${T0}&to_ms=${T0 + 1000}`)).points.length, 0);
});

test('a series says what held before it', async () => {
  const H = 3600000;
  const get = async (query) => (await call('GET', `/devices/fridge-000/series?metric=3&${query}`)).json;
  const quiet = await get(`from_ms=${T0 + 5.5 * H}&to_ms=${T0 + 5.6 * H}`);
  assert.deepEqual(quiet.points, []);
  assert.deepEqual(quiet.before, { at_ms: T0 + 5 * H, value: 1 });
  assert.equal(quiet.stale_after_ms, null);
  const both = await get(`from_ms=${T0 + 5.5 * H}&to_ms=${T0 + 6.5 * H}`);
  assert.deepEqual(both.points, [[T0 + 6 * H, 0, 0, 0]]);
  assert.deepEqual(both.before, { at_ms: T0 + 5 * H, value: 1 });
  assert.equal((await get(`from_ms=${T0}&to_ms=${T0 + 60000}`)).before, null, 'nothing was before');
  const inside = (await call('GET', `/devices/fridge-000/series?metric=1&from_ms=${T0 + 30500}&to_ms=${T0 + 31500}`)).json;
  assert.deepEqual(inside.before, { at_ms: T0 + 30000, value: 7 }, 'in the same batch');
  assert.deepEqual(inside.points.map((p) => p[0]), [T0 + 31000]);
});

test('an owner changes hands once, and the same request twice changes nothing', async () => {
  const put = (body) => call('PUT', '/devices/fridge-005/owner', { body });
  const made = await call('PUT', '/customers/carla', { body: { name: 'Carla', email: 'c@example.org', language: 'de-CH' } });
  assert.equal(made.json.channel, 'email');
  assert.equal((await put({ customer: 'carla', from_ms: T0, name: 'Kitchen' })).json.customer.name, 'Carla');
  assert.equal((await put({ customer: 'carla', from_ms: T0 })).json.name, 'Kitchen');
  assert.equal((await call('GET', '/customers/carla')).json.devices.length, 1);
  assert.equal((await put({ customer: 'anna', from_ms: T0 })).status, 409);
  assert.deepEqual(fields(await put({ customer: 'nobody' })), ['customer']);
  assert.deepEqual(fields(await put({})), ['customer']);
  assert.equal((await put({ customer: null })).json.customer, null);
  assert.equal((await call('GET', '/customers/carla')).json.devices[0].to_ms > T0, true);
  assert.deepEqual(fields(await call('PUT', '/customers/x', { body: { name: 'x', email: 'a@b\r\nBcc: c@d', language: 'german', channel: 'fax' } })),
    ['channel', 'email', 'language']);
  assert.equal((await call('PUT', '/customers/a%20b', { body: { name: 'x' } })).status, 400);
  assert.equal((await call('GET', '/customers?q=carla')).json.items.length, 1);
  assert.equal((await call('GET', '/customers/none')).status, 404);
});

test("an agent sees the present owner's time only", async () => {
  await call('PUT', '/customers/dora', { body: { name: 'Dora' } });
  await call('PUT', '/devices/fridge-000/owner', { body: { customer: 'dora', from_ms: T0 + 3600000 } });
  const me = await login('agent', 'correct horse');
  const as = { token: null, headers: { cookie: me.cookie } };
  const mine = await call('GET', '/devices/fridge-000/timeline', as);
  assert.deepEqual(mine.json.items.map((e) => e.kind).filter((k) => k === 'device.presence'), []);
  const series = await call('GET', `/devices/fridge-000/series?metric=1&from_ms=${T0}&to_ms=${T0 + 7200000}&points=4000`, as);
  assert.ok(series.json.points.length > 0);
  assert.ok(series.json.points[0][0] >= T0 + 3600000);
  const door = await call('GET', `/devices/fridge-000/series?metric=3&from_ms=${T0 + 3600001}&to_ms=${T0 + 3700000}`, as);
  assert.deepEqual(door.json.before, { at_ms: T0 + 3600000, value: 1 });
  const later = await call('GET', `/devices/fridge-000/series?metric=1&from_ms=${T0}&to_ms=${T0 + 3600000}`, as);
  assert.equal(later.json.before, null, "the former owner's time says nothing");
  assert.deepEqual((await call('GET', '/devices/fridge-000', as)).json.latest, [], 'nor do its last values');
  await call('PUT', '/devices/fridge-010/owner', { body: { customer: 'dora', from_ms: T0 + 1000 } });
  const first = await call('GET', '/devices/fridge-010', as);
  assert.equal(first.json.latest.length, 1, 'what it said before it was first registered is no secret');
});

test("a device's settings are bounded by its pack, and shown with their versions", async () => {
  const put = (body, id = 'fridge-000') => call('PUT', `/devices/${id}/settings`, { body });
  assert.equal((await call('GET', '/devices/fridge-001')).json.settings.desired_version, 0);
  const set = await put({ report_ms: { cabinet_temp: 30000, system_load: 86400000 }, mute: ['door_open'], log_level: 'debug' });
  assert.deepEqual(set.json.settings, { desired_version: 7, reported_version: 6,
    report_ms: { cabinet_temp: 30000, system_load: 86400000 }, mute: ['door_open'], log_level: 'debug' });
  assert.deepEqual((await put({})).json.settings.report_ms, {}, 'what is left out is as it was built');
  const wrong = async (body, ...names) => {
    const answer = await put(body);
    assert.equal(answer.status, 422);
    assert.deepEqual(fields(answer), names);
  };
  await wrong({ report_ms: { cabinet_tmp: 30000 } }, 'report_ms.cabinet_tmp');
  await wrong({ report_ms: { cabinet_temp: 999 } }, 'report_ms.cabinet_temp');
  await wrong({ report_ms: { cabinet_temp: 86400001 } }, 'report_ms.cabinet_temp');
  await wrong({ report_ms: { cabinet_temp: '30s' } }, 'report_ms.cabinet_temp');
  await wrong({ report_ms: [] }, 'report_ms');
  await wrong({ mute: ['nothing'] }, 'mute');
  await wrong({ mute: 'door_open' }, 'mute');
  await wrong({ log_level: 'loud', muted: [] }, 'log_level', 'muted');
  assert.equal((await put({}, 'none')).status, 404);
  assert.equal((await call('PUT', '/devices/fridge-000/settings', { token: info.reader, body: {} })).status, 403);
});

test('webhooks keep their secret, and dead letters can be replayed', async () => {
  const secret = `whsec_${'A'.repeat(32)}`;
  const body = { url: 'https://example.org/hook', secret, audience: ['manufacturer'] };
  assert.deepEqual(fields(await call('PUT', '/webhooks/w1', { body: { ...body, secret: undefined } })), ['secret']);
  const put = await call('PUT', '/webhooks/w1', { body });
  assert.ok(!JSON.stringify(put.json).includes('whsec'));
  assert.equal((await call('PUT', '/webhooks/w1', { body: { ...body, secret: undefined, enabled: false } })).json.enabled, false);
  assert.deepEqual(fields(await call('PUT', '/webhooks/w2', { body: { url: 'file:///etc/passwd', secret: 'x', audience: ['customer'] } })),
    ['audience', 'secret', 'url']);
  assert.equal((await call('GET', '/webhooks')).json.items.length, 1);
  assert.equal((await call('DELETE', '/webhooks/w1')).status, 204);
  assert.equal((await call('DELETE', '/webhooks/w1')).status, 404);
  assert.equal((await call('GET', '/outbox?state=dead')).json.items[0].id, 2);
  assert.equal((await call('GET', '/outbox?alert=1&limit=1')).json.next, '2');
  assert.equal((await call('POST', '/outbox/2/replay', { body: {} })).json.state, 'ready');
  assert.equal((await call('POST', '/outbox/2/replay', { body: {} })).status, 409);
  assert.equal((await call('POST', '/outbox/77/replay', { body: {} })).status, 404);
});

test('methods, paths and statuses', async () => {
  const answer = await call('PUT', '/alerts', { body: {} });
  assert.equal(answer.status, 405);
  assert.equal(answer.headers.get('allow'), 'GET, HEAD');
  assert.equal((await call('GET', '/nothing')).status, 404);
  assert.equal((await call('GET', '/packs')).json.items[0].rules[0].name, 'cabinet_warm');
  assert.equal((await call('GET', '/status')).json.delivery, 'captive');
});

// --- beneath fetch: bytes on a socket ---
function raw(text, { port = info.port, wait = 3000, keep = false } = {}) {
  return new Promise((done) => {
    const socket = net.connect(port, '127.0.0.1');
    let got = '';
    const timer = setTimeout(() => socket.destroy(), wait);
    socket.on('data', (d) => { got += d; });
    socket.on('error', () => {});
    socket.on('close', () => { clearTimeout(timer); done(got); });
    socket.write(text);
    if (!keep) socket.on('data', () => setTimeout(() => socket.end(), 200));
  });
}

test('what is no good HTTP is refused, and the next client is served', async () => {
  const auth = `Host: x\r\nAuthorization: Bearer ${info.writer}\r\n`;
  assert.match(await raw(`POST /api/v1/alerts/1/note HTTP/1.1\r\n${auth}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`), /411/);
  assert.match(await raw(`POST /api/v1/alerts/1/note HTTP/1.1\r\n${auth}Content-Length: 9999999999\r\n\r\n`), /413/);
  assert.match(await raw(`POST /api/v1/alerts/1/note HTTP/1.1\r\n${auth}Content-Length: -5\r\n\r\nhello`), /^(HTTP\/1.1 400|$)/);
  for (const text of ['\0\0\0\0\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', `GET /${'a'.repeat(9000)} HTTP/1.1\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: x\r\nCookie: ${'a'.repeat(20000)}\r\n\r\n`, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n'])
    assert.doesNotMatch(await raw(text, { wait: 500 }), /HTTP\/1.1 (200|101)/);
  const two = await raw(`GET /api/v1/session HTTP/1.1\r\n${auth}\r\nGET /api/v1/alerts/1 HTTP/1.1\r\n${auth}\r\n`, { wait: 1000, keep: true });
  assert.match(two, /"role":"write"[^]*HTTP\/1.1 200[^]*"evidence"/, 'pipelined requests are answered in order');
  assert.equal((await call('GET', '/session')).status, 200);
});

const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
const bytes = (method, path, body = '') =>
  `${method} /api/v1${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${info.writer}\r\n` +
  `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

test('who hangs up before the answer hurts nobody', async () => {
  await tell('hold');
  const gone = [];
  for (let i = 0; i < 40; i++) {
    const socket = net.connect(info.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(bytes('POST', '/alerts/6/note', '{"text":"gone"}'));
    gone.push(socket);
  }
  await sleep(300);
  gone.forEach((s, i) => (i % 2 ? s.destroy() : s.resetAndDestroy()));
  await sleep(200);
  await tell('release');
  for (let i = 0; i < 20; i++)
    for (const text of [bytes('POST', '/session', '{"user":"boss","password":"no such horse"}'),
      bytes('GET', `/devices/fridge-000/series?metric=1&from_ms=0&to_ms=${T0 + 86400000}`.replace('from_ms=0', `from_ms=${T0}`)),
      bytes('PUT', '/customers/gone', '{"name":"Gone"}'), bytes('GET', '/feed').replace('Content-Length: 0\r\n', '')]) {
      const socket = net.connect(info.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(text, () => setTimeout(() => socket.resetAndDestroy(), i % 4));
    }
  await sleep(300);
  const log = (await call('GET', '/alerts/6')).json.log.filter((l) => l.reason === 'gone');
  assert.equal(log.length, 40, 'what was asked was done');
});

test('an answer may take longer than any timeout; a request may not', { timeout: 60000 }, async () => {
  const began = Date.now();
  const closed = (socket) => new Promise((done) => {
    socket.on('error', () => {});
    socket.on('close', () => done(Date.now() - began));
    socket.resume();
  });
  const head = net.connect(info.port, '127.0.0.1');
  const body = net.connect(info.port, '127.0.0.1');
  const ends = [closed(head), closed(body)];
  head.write('GET / HTTP/1.1\r\n');
  body.write(bytes('POST', '/alerts/6/note', ' '.repeat(1000)).slice(0, -1000));
  const drip = setInterval(() => { head.write('X-A: b\r\n'); body.write(' '); }, 500);
  await tell('hold');
  const slow = call('POST', '/alerts/6/note', { body: { text: 'slow' } });
  const [headEnd, bodyEnd] = await Promise.all(ends);
  clearInterval(drip);
  assert.ok(headEnd < 20000, `a dripping head was cut after ${headEnd} ms`);
  assert.ok(bodyEnd < 30000, `a dripping body was cut after ${bodyEnd} ms`);
  await tell('release');
  assert.equal((await slow).status, 200);
});

test('a flood of connections is refused at the limit, and what is open goes on', async () => {
  const flood = Array.from({ length: 400 }, () => net.connect(info.port, '127.0.0.1'));
  let closed = 0;
  for (const socket of flood) socket.on('error', () => {}).on('close', () => { closed++; }).resume();
  for (let i = 0; i < 250 && closed < 100; i++) await sleep(20);
  assert.ok(closed >= 100, `${closed} were refused`);
  flood.forEach((s) => s.destroy());
  for (let i = 0; i < 250; i++) {
    const answer = await fetch(`${ops}/metrics`).then((r) => r.text()).catch(() => '');
    if (/^tocsin_http_connections \d$/m.test(answer)) return;
    await sleep(20);
  }
  assert.fail('the connections did not go');
});

test('the console is served with a strict policy, and nothing else of the disk', async () => {
  const page = await fetch(`${base}/`);
  assert.equal(page.status, 200);
  assert.match(page.headers.get('content-type'), /text\/html/);
  assert.match(page.headers.get('content-security-policy'), /script-src 'self';/);
  assert.doesNotMatch(page.headers.get('content-security-policy'), /unsafe/);
  const etag = page.headers.get('etag');
  assert.equal((await fetch(`${base}/`, { headers: { 'if-none-match': etag } })).status, 304);
  const head = await fetch(`${base}/`, { method: 'HEAD' });
  assert.equal(head.headers.get('content-length'), String((await page.text()).length));
  for (const path of ['/package.json', '/../../etc/passwd', '/..%2f..%2fetc/passwd', '/%2e%2e/CMakeLists.txt',
    '/node_modules/uplot/package.json', '/index.html/', '/.git/config'])
    assert.match(await raw(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`), /^HTTP\/1.1 404/, path);
});

test('the ops listener has metrics and health, and the API is not there', async () => {
  const text = await (await fetch(`${ops}/metrics`)).text();
  assert.match(text, /^# TYPE tocsin_http_requests_total counter$/m);
  assert.match(text, /^tocsin_test_total 7$/m);
  for (const line of text.trim().split('\n'))
    assert.match(line, /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="[^"]*"\})? [0-9.e+-]+)$/);
  assert.equal((await fetch(`${ops}/healthz`)).status, 200);
  assert.equal((await fetch(`${ops}/readyz`)).status, 200);
  assert.equal((await fetch(`${ops}/api/v1/alerts`)).status, 404);
  assert.equal((await fetch(`${base}/metrics`)).status, 404);
});

// --- the feed ---
class Feed {
  constructor(headers = {}, query = '') {
    this.events = [];
    this.comments = 0;
    this.abort = new AbortController();
    this.open = fetch(`${base}/api/v1/feed${query}`, {
      headers: { authorization: `Bearer ${info.reader}`, ...headers }, signal: this.abort.signal,
    }).then((response) => {
      this.response = response;
      this.read(response).catch(() => {});
      return response;
    });
  }
  async read(response) {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body) {
      text += decoder.decode(chunk, { stream: true });
      for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) {
        const event = Object.fromEntries(text.slice(0, end).split('\n').map((l) => {
          const at = l.indexOf(':');
          return [l.slice(0, at), l.slice(at + 2)];
        }));
        if (event.event) this.events.push({ no: Number(event.id), type: event.event, data: JSON.parse(event.data) });
        else this.comments++;
      }
    }
  }
  async until(n) {
    for (let i = 0; i < 500 && this.events.length < n; i++) await new Promise((r) => setTimeout(r, 20));
    assert.ok(this.events.length >= n, `${this.events.length} of ${n} events came`);
    return this.events;
  }
  end() { this.abort.abort(); }
}

const event = (no) => `push ${no} alert.opened ${JSON.stringify({ no, at_ms: T0, type: 'alert.opened', device: 'fridge-001' })}`;

test('the feed tells what comes, and after a break what was missed', async () => {
  const feed = new Feed();
  assert.equal((await feed.open).headers.get('content-type'), 'text/event-stream');
  await tell(event(31));
  await tell(event(32));
  assert.deepEqual((await feed.until(2)).map((e) => e.no), [31, 32]);
  assert.deepEqual(validate({ $ref: '#/components/schemas/FeedEvent' }, feed.events[0].data), []);
  succeeded.add('feed');
  feed.end();
  await tell(event(33));
  const again = new Feed({ 'last-event-id': '31' });
  assert.deepEqual((await again.until(2)).map((e) => e.no), [32, 33], 'from the ring');
  again.end();
  const older = new Feed({}, '?after=10');
  assert.deepEqual((await older.until(23)).map((e) => e.no), Array.from({ length: 23 }, (_, i) => i + 11),
    'from the table, then from the ring');
  for (const e of older.events) assert.deepEqual(validate({ $ref: '#/components/schemas/FeedEvent' }, e.data), []);
  older.end();
  assert.equal((await call('GET', '/feed?after=x')).status, 400);
  const future = new Feed({ 'last-event-id': '999999' });
  assert.equal((await future.until(1))[0].type, 'resync', 'a number that never was: another store');
  future.end();
});

test('a client that takes nothing costs no memory and is told to read again', async () => {
  const rss = async () => Number(/VmRSS:\s+(\d+)/.exec(await (await import('node:fs/promises')).readFile(`/proc/${host.pid}/status`, 'utf8'))[1]);
  const slow = net.connect(info.port, '127.0.0.1');
  slow.write(`GET /api/v1/feed HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${info.reader}\r\n\r\n`);
  await once(slow, 'data');
  slow.pause();
  await tell('burst 1000 3000 8000');
  const early = await rss();
  for (let i = 1; i < 6; i++) await tell(`burst ${1000 + i * 3000} 3000 8000`);
  assert.ok((await rss()) - early < 8192, 'kB');
  const quick = new Feed();
  await quick.open;
  await tell(event(100000));
  assert.equal((await quick.until(1))[0].no, 100000, 'others are not held up');
  quick.end();
  let text = '';
  slow.on('data', (d) => { text = (text + d).slice(-200000); });
  slow.resume();
  for (let i = 0; i < 300 && !text.includes('id: 100000\n'); i++) await new Promise((r) => setTimeout(r, 20));
  assert.match(text, /event: resync/);
  slow.destroy();
});

test('two hundred clients hear one event, and one too many is told to wait', async () => {
  for (let i = 0; i < 250 && (await call('GET', '/status')).json.queue.feed_clients > 0; i++)
    await new Promise((r) => setTimeout(r, 20));
  const feeds = Array.from({ length: 250 }, () => new Feed());
  const answers = await Promise.all(feeds.map((f) => f.open));
  assert.ok(answers.every((a) => a.status === 200));
  const refused = await call('GET', '/feed');
  assert.equal(refused.status, 503);
  assert.ok(refused.headers.get('retry-after'));
  await tell(event(100001));
  for (const f of feeds) assert.equal((await f.until(1))[0].no, 100001);
  feeds.forEach((f) => f.end());
});

test('not ready is a 503 with the reasons', async () => {
  await tell('unready');
  const answer = await fetch(`${ops}/readyz`);
  assert.equal(answer.status, 503);
  assert.deepEqual(await answer.json(), { ready: false, reasons: ['the broker is down', 'the disk is full'] });
  assert.equal((await call('GET', '/status')).json.ready, false);
});

test('every operation of the document was answered with success', () => {
  assert.deepEqual(operations.map((o) => o.id).filter((id) => !succeeded.has(id)), []);
});
