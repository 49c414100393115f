// The console's modules that need no page: the feed's parser, the triage list's
// rules, the words of the evidence, the gaps of a chart.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { held } from '../../gateway/console/js/chart_drawing.js';
import { EventParser } from '../../gateway/console/js/sse.js';
import { Triage } from '../../gateway/console/js/triage_model.js';
import { reasons, sentence } from '../../gateway/console/js/views/evidence.js';

const alert = (id, severity, opened_ms, more = {}) => ({ id, severity, opened_ms, state: 'open', title: `alert ${id}`, ...more });
const ids = (model) => model.rows().map((row) => row.id);
const isOpen = (one) => one.state === 'open';

test('events are the same however the bytes are cut', () => {
    const text = ': beat\n\nid: 7\r\nevent: alert.opened\r\ndata: {"a":\r\ndata: 1}\r\n\r\nid:8\ndata:x\n\n: beat\n\ndata: cut';
    const whole = new EventParser().push(text);
    assert.deepEqual(whole, [
        { id: '7', type: 'alert.opened', data: '{"a":\n1}' },
        { id: '8', type: 'message', data: 'x' },
    ]);
    for (let cut = 1; cut < text.length; cut += 1) {
        const parser = new EventParser();
        const both = [...parser.push(text.slice(0, cut)), ...parser.push(text.slice(cut))];
        assert.deepEqual(both, whole, `cut at ${cut}`);
    }
});

test('a resync has no data and is still an event', () => {
    assert.deepEqual(new EventParser().push('event: resync\n\n'), [{ id: null, type: 'resync', data: '' }]);
});

test('what is new waits; shown rows do not move until merged', () => {
    const model = new Triage({ sort: 'severity', belongs: isOpen });
    model.append([alert(1, 'critical', 100), alert(2, 'major', 90), alert(3, 'minor', 80)]);
    assert.equal(model.offer(alert(4, 'critical', 200)), 'new');
    assert.equal(model.offer(alert(4, 'critical', 200)), 'known');
    assert.deepEqual(ids(model), [1, 2, 3]);
    assert.deepEqual(model.pending(), { fresh: 1, left: 0 });
    model.patch({ id: 2, severity: 'critical' });
    assert.deepEqual(ids(model), [1, 2, 3], 'a change of severity does not move it either');
    model.merge();
    assert.deepEqual(ids(model), [4, 1, 2, 3]);
    assert.ok(model.fresh.has(4));
});

test('a resolved row stays, marked, until merged; one that comes back stays for good', () => {
    const model = new Triage({ belongs: isOpen });
    model.append([alert(1, 'major', 3), alert(2, 'major', 2)]);
    model.patch({ id: 1, state: 'resolved' });
    assert.deepEqual(ids(model), [1, 2]);
    assert.ok(model.hasLeft(1));
    assert.deepEqual(model.counts(), { critical: 0, major: 1, minor: 0 });
    model.patch({ id: 1, state: 'open' });
    assert.ok(!model.hasLeft(1));
    model.patch({ id: 1, state: 'resolved' });
    model.merge();
    assert.deepEqual(ids(model), [2]);
});

test('an alert that ends while it waits never shows', () => {
    const model = new Triage({ belongs: isOpen });
    model.append([alert(1, 'major', 1)]);
    model.offer(alert(2, 'major', 2));
    model.patch({ id: 2, state: 'resolved' });
    assert.deepEqual(model.pending(), { fresh: 0, left: 0 });
    model.merge();
    assert.deepEqual(ids(model), [1]);
});

test('a device that falls silent marks its alerts, and no others', () => {
    const model = new Triage({ belongs: isOpen });
    model.append([alert(1, 'major', 3, { device: 'a', presence: 'online' }), alert(2, 'major', 2, { device: 'b', presence: 'online' })]);
    assert.deepEqual(model.sawPresence('a', 'offline'), [1]);
    assert.deepEqual(model.rows().map((row) => row.presence), ['offline', 'online']);
    assert.deepEqual(model.sawPresence('c', 'offline'), []);
});

test('a state is drawn from the word before the span to now, a gauge where it was read', async () => {
    const point = (at, value) => [at, value, value, value];
    const door = { kind: 'state', unit: 'bool', points: [point(500, 1)], before: { at_ms: 40, value: 0 }, stale_after_ms: null };
    assert.deepEqual(held(door, 100, 1000, 900), [point(100, 0), point(500, 1), point(900, 1)]);
    assert.deepEqual(held({ ...door, points: [] }, 100, 1000, 2000), [point(100, 0), point(1000, 0)]);
    assert.deepEqual(held({ ...door, points: [], stale_after_ms: 50 }, 100, 1000, 2000), [], 'it is not known any more');
    assert.deepEqual(held({ ...door, stale_after_ms: 100 }, 100, 1000, 2000), [point(100, 0), point(500, 1), point(600, 1)]);
    assert.deepEqual(held({ ...door, before: null }, 100, 1000, 900), [point(500, 1), point(900, 1)]);
    const temp = { kind: 'gauge', unit: 'celsius', points: [point(500, 4)], before: { at_ms: 40, value: 3 }, stale_after_ms: null };
    assert.deepEqual(held(temp, 100, 1000, 900), [point(500, 4)]);
});

test('after a hole in the feed: the missed wait, the gone are marked', () => {
    const model = new Triage({ belongs: isOpen });
    model.append([alert(1, 'major', 1), alert(2, 'major', 2)]);
    model.reconcile([alert(2, 'major', 2), alert(3, 'critical', 3)], true);
    assert.deepEqual(model.pending(), { fresh: 1, left: 1 });
    model.reconcile([alert(2, 'major', 2)], false);
    assert.deepEqual(model.pending(), { fresh: 1, left: 1 }, 'a part of the list proves nothing gone');
});

test('a page of the first load does not bring a row twice', () => {
    const model = new Triage({ belongs: isOpen });
    model.append([alert(1, 'major', 3)]);
    model.append([alert(1, 'major', 3), alert(2, 'major', 2)]);
    assert.deepEqual(ids(model), [1, 2]);
});

test('of two clauses, one of which is enough, the one that holds is the reason', () => {
    const item = (text, value, limit) => ({ text, value, limit, metric: 1, metric_name: 'cabinet temperature', unit: 'celsius', window_ms: null, fault: null });
    const cold = item('last(cabinet_temp) < -20 celsius', 75, -20);
    const hot = item('last(cabinet_temp) > 50 celsius', 75, 50);
    assert.deepEqual(reasons([cold, hot]), [hot]);
    assert.deepEqual(reasons([cold]), [cold], 'a negated rule shows what it has');
    assert.match(sentence(hot), /above 50/);
});
