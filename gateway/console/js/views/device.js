// One device: how it is, what it measures, what happened to it, and what of its data
// is here. The range of charts and timeline is in the address.

import * as api from '../api.js';
import { deviceName, presence, severity } from '../badges.js';
import { ask } from '../dialog.js';
import { h, replace } from '../dom.js';
import { icon } from '../icons.js';
import { reading, timeElement, words } from '../format.js';
import * as keys from '../keys.js';
import { mayAct } from '../actions.js';
import { fault, tell } from '../notices.js';
import { go, place } from '../router.js';
import { failure, title } from '../shell.js';
import { S } from '../strings.js';
import { DeviceCharts, isNamed } from './device_charts.js';
import { ledger } from './ledger.js';
import { Timeline } from './timeline.js';

const D = S.device;
const FRESH_MS = 15000;

export class DeviceView {
    #id = null;
    #feed;
    #parts = {};
    #charts;
    #timeline;
    #over = new AbortController();
    #timer = 0;
    #range = 'day';
    #root = h('div', { class: 'page device-page' });
    #known = null;
    #unbind;

    constructor(main, { feed }) {
        this.#feed = feed;
        main.append(this.#root);
        const signal = this.#over.signal;
        feed.addEventListener('event', ({ detail }) => detail.data?.device === this.#id && this.#soon(), { signal });
        feed.addEventListener('resync', () => this.#soon(), { signal });
        this.#timer = setInterval(() => document.visibilityState === 'visible' && this.#read(), FRESH_MS);
        this.#unbind = keys.bind({ Escape: { run: () => history.back() } });
    }

    destroy() {
        this.#over.abort();
        clearInterval(this.#timer);
        this.#charts?.clear();
        this.#unbind();
    }

    update({ parts, params }) {
        const range = params.get('range') in D.ranges ? params.get('range') : 'day';
        const other = parts[1] !== this.#id;
        if (other) {
            this.#id = parts[1];
            this.#known = null;
            this.#frame();
            this.#read();
        }
        if (other || range !== this.#range) {
            this.#range = range;
            this.#paintRange();
            this.#timeline.show(this.#id, range);
            if (this.#known) {
                this.#charts.show(this.#known, range);
            }
        }
    }

    #soon() {
        clearTimeout(this.waiting);
        this.waiting = setTimeout(() => {
            this.#read();
            this.#timeline.show(this.#id, this.#range);
        }, 300);
    }

    #frame() {
        this.#charts?.clear();
        this.#charts = new DeviceCharts();
        this.#timeline = new Timeline();
        this.#parts = {
            head: h('div', { class: 'page-head' }), facts: h('section', { class: 'card', 'aria-label': D.sections.facts }),
            values: h('section', { class: 'card', 'aria-labelledby': 'values-title' }),
            ledger: h('section', { class: 'card', 'aria-labelledby': 'ledger-title' }),
            range: h('div', { class: 'tabs', role: 'group', 'aria-label': D.range }),
        };
        const { head, facts, values, ledger: ledger_, range } = this.#parts;
        replace(this.#root, head, h('div', { class: 'columns' },
            h('div', { class: 'column' }, facts, values),
            h('div', { class: 'column' },
                h('section', { class: 'card', 'aria-labelledby': 'charts-title' },
                    h('div', { class: 'card-head' }, h('h2', { id: 'charts-title' }, D.sections.charts), range), this.#charts.element),
                h('section', { class: 'card', 'aria-labelledby': 'timeline-title' },
                    h('h2', { id: 'timeline-title' }, D.sections.timeline), this.#timeline.element),
                ledger_)));
    }

    #paintRange() {
        const focused = this.#parts.range.contains(document.activeElement);
        replace(this.#parts.range, Object.entries(D.ranges).map(([name, text]) => h('button', {
            type: 'button', 'aria-pressed': String(name === this.#range),
            on: { click: () => go(place(['devices', this.#id], { range: name === 'day' ? '' : name }), { replace: true }) },
        }, text)));
        if (focused) {
            this.#parts.range.querySelector('[aria-pressed=true]').focus();
        }
    }

    async #read() {
        const id = this.#id;
        try {
            const device = await api.get(`/devices/${api.part(id)}`, { signal: this.#over.signal });
            if (id !== this.#id) {
                return;
            }
            const first = this.#known === null;
            this.#known = device;
            title(deviceName(device));
            this.#paint(device);
            if (first) {
                this.#charts.show(device, this.#range);
            }
        } catch (error) {
            if (error.name !== 'AbortError' && id === this.#id && this.#known === null) {
                const shown = error.status === 404 ? { message: D.gone } : error;
                replace(this.#root, h('h1', {}, id), failure(shown, h('a', { href: place(['devices']) }, S.devices.title)));
            }
        }
    }

    #paint(device) {
        if (this.#root.contains(document.activeElement) && document.activeElement.matches('time')) {
            return; // Somebody is reading an exact time: the next round will do.
        }
        this.#paintHead(device);
        this.#paintFacts(device);
        this.#paintValues(device);
        const open = [...this.#parts.ledger.querySelectorAll('details')].map((one) => one.open);
        replace(this.#parts.ledger, h('h2', { id: 'ledger-title' }, D.sections.ledger), ledger(device.ledger));
        this.#parts.ledger.querySelectorAll('details').forEach((one, index) => {
            one.open = open[index] ?? one.open;
        });
    }

    #paintHead(device) {
        const { head } = this.#parts;
        const name = deviceName(device);
        const held = head.querySelector('button') === document.activeElement && document.activeElement !== null;
        replace(head,
            h('div', { class: 'device-title' },
                h('h1', {}, name), name !== device.id ? h('span', { class: 'muted id' }, device.id) : null,
                presence(device.presence),
                device.presence_ms ? h('span', { class: 'muted' }, `${D.presenceSince} `, timeElement(device.presence_ms, { style: 'moment' })) : null,
                device.open_alerts
                    ? h('a', { class: 'open-alerts', href: place(['alerts'], { device: device.id }) }, device.worst_severity ? severity(device.worst_severity) : null, D.openAlerts(device.open_alerts))
                    : h('span', { class: 'calm' }, icon('done'), D.noAlerts)),
            mayAct() ? h('button', { type: 'button', on: { click: () => this.#sendTest(device) } }, icon('test'), D.test) : null);
        if (held) {
            head.querySelector('button')?.focus();
        }
    }

    #paintFacts(device) {
        const facts = [
            [D.owner, device.customer ? h('a', { href: place(['devices'], { customer: device.customer.id }) }, device.customer.name) : S.triage.nobody],
            [D.model, device.model || S.unknown], [D.serial, device.serial || S.unknown], [D.firmware, device.firmware || S.unknown],
            [D.hardware, device.hardware], [D.agent, device.agent],
            [D.pack, device.pack ? `${device.pack}, ${D.revision(device.pack_revision)}` : S.unknown],
            [D.settings, device.settings?.desired_version ? D.settingsAt(device.settings.desired_version, device.settings.reported_version) : null],
            [D.lastSeen, timeElement(device.last_seen_ms)], [D.newest, timeElement(device.newest_ms)], [D.firstSeen, timeElement(device.first_seen_ms)],
            [D.components, device.components?.length ? h('ul', { class: 'bare' }, device.components.map((one) =>
                h('li', {}, [words(one.name), one.serial, one.lot].filter(Boolean).join(' · ')))) : null],
        ].filter(([, value]) => value);
        replace(this.#parts.facts, h('h2', {}, D.sections.facts),
            h('dl', { class: 'pairs' }, facts.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))));
    }

    #paintValues(device) {
        const { values } = this.#parts;
        const row = (one) => h('tr', {},
            h('th', { scope: 'row' }, one.label || one.name, one.instance ? h('span', { class: 'muted' }, ` ${D.unit(one.instance)}`) : null),
            h('td', { class: 'number' }, reading(one.value, one.unit, one.kind)),
            h('td', { class: 'when-cell' }, timeElement(one.at_ms, { bare: true, focus: false })));
        const table = (list, caption) => h('table', { class: 'data tight' }, h('caption', { class: 'unseen' }, caption),
            h('thead', { class: 'unseen' }, h('tr', {}, [D.metric, D.value, D.at].map((text) => h('th', { scope: 'col' }, text)))),
            h('tbody', {}, list.map(row)));
        const [named, others] = [device.latest.filter(isNamed), device.latest.filter((one) => !isNamed(one))];
        const open = values.querySelector('details')?.open;
        replace(values, h('h2', { id: 'values-title' }, D.sections.values),
            named.length ? table(named, D.sections.values) : null,
            others.length ? h('details', { open: open || named.length === 0 }, h('summary', {}, D.others(others.length)), table(others, D.others(others.length))) : null,
            device.latest.length ? null : h('p', { class: 'muted' }, D.noValues));
    }

    async #sendTest(device) {
        const status = await api.get('/status').catch(() => null);
        const lines = status ? h('p', { class: 'banner' }, icon(status.delivery === 'live' ? 'people' : 'test'), h('span', {}, status.delivery === 'live' ? D.live : D.captive)) : [];
        const yes = await ask({
            title: D.testTitle, lead: D.testLead(deviceName(device)), fields: [lines], submit: D.testSubmit,
            read: () => ({ value: true }),
        });
        if (!yes) {
            return;
        }
        try {
            const { alert } = await api.post(`/devices/${api.part(device.id)}/test-alert`);
            tell(D.testSent, h('a', { href: place(['alerts', alert]) }, D.testOpen));
        } catch (error) {
            fault(S.actions.failed(D.test, error.message));
        }
    }
}
