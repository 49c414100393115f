// All devices, searched and filtered; a row opens the device.

import * as api from '../api.js';
import { deviceName, presence } from '../badges.js';
import { h, replace, setText } from '../dom.js';
import { icon } from '../icons.js';
import { timeElement } from '../format.js';
import * as keys from '../keys.js';
import { go, place } from '../router.js';
import { busy, failure, title } from '../shell.js';
import { S } from '../strings.js';

const D = S.devices;
const PAGE = 100;
const TYPING_MS = 220;
const PRESENCES = ['online', 'offline', 'asleep', 'off', 'unknown'];

export class DevicesView {
    #params = new URLSearchParams();
    #search = h('input', { type: 'search', id: 'device-search', placeholder: D.searchHint, autocomplete: 'off', spellcheck: 'false' });
    #presence = h('select', { id: 'device-presence' }, h('option', { value: '' }, D.any),
        PRESENCES.map((name) => h('option', { value: name }, S.presence[name])));
    #body = h('tbody');
    #count = h('p', { class: 'muted count', role: 'status' });
    #more = h('button', { type: 'button', hidden: true, on: { click: () => this.#read(false) } }, S.more);
    #notice = h('div');
    #table;
    #load = null;
    #after = '';
    #rows = 0;
    #timer = 0;
    #loaded = null;
    #unbind;

    constructor(main) {
        title(D.title);
        this.#search.addEventListener('input', () => {
            clearTimeout(this.#timer);
            this.#timer = setTimeout(() => this.#filter('q', this.#search.value.trim(), true), TYPING_MS);
        });
        this.#presence.addEventListener('change', () => this.#filter('presence', this.#presence.value));
        const columns = Object.entries(D.columns);
        this.#table = h('table', { class: 'data devices' }, h('caption', { class: 'unseen' }, D.list),
            h('thead', {}, h('tr', {}, columns.map(([name, text]) => h('th', { scope: 'col', class: name }, text)))), this.#body);
        main.append(h('div', { class: 'page' },
            h('div', { class: 'page-head' }, h('h1', {}, D.title), this.#count),
            h('div', { class: 'bar-tools' },
                h('div', { class: 'search' }, icon('search'), h('label', { class: 'unseen', for: 'device-search' }, D.search), this.#search, h('kbd', { 'aria-hidden': 'true' }, '/')),
                h('div', { class: 'sort' }, h('label', { for: 'device-presence' }, D.presence), this.#presence)),
            this.#table, this.#notice, h('div', { class: 'more' }, this.#more)));
        this.#body.addEventListener('click', (event) => this.#clicked(event));
        const step = (by) => ({ run: () => this.#step(by) });
        this.#unbind = keys.bind({ j: step(1), ArrowDown: step(1), k: step(-1), ArrowUp: step(-1) });
    }

    destroy() {
        this.#load?.abort();
        clearTimeout(this.#timer);
        this.#unbind();
    }

    update({ params }) {
        this.#params = params;
        if (document.activeElement !== this.#search) {
            this.#search.value = params.get('q') ?? '';
        }
        this.#presence.value = params.get('presence') ?? '';
        if (params.toString() !== this.#loaded) {
            this.#loaded = params.toString();
            this.#read(true);
        }
    }

    #filter(name, value, replaceEntry = false) {
        const params = new URLSearchParams(this.#params);
        params.set(name, value);
        go(place(['devices'], params), { replace: replaceEntry });
    }

    async #read(fresh) {
        this.#load?.abort();
        this.#load = new AbortController();
        const after = fresh ? '' : this.#after;
        const query = { limit: PAGE, after };
        ['q', 'presence', 'model', 'customer'].forEach((name) => {
            query[name] = this.#params.get(name) ?? '';
        });
        busy(this.#table, true);
        try {
            const page = await api.get(`/devices${api.query(query)}`, { signal: this.#load.signal });
            if (fresh) {
                this.#body.replaceChildren();
                this.#rows = 0;
            }
            this.#body.append(...page.items.map(row));
            this.#rows += page.items.length;
            this.#after = page.next ?? '';
            this.#more.hidden = !page.next;
            setText(this.#count, D.count(this.#rows, Boolean(page.next)));
            const filtered = this.#params.get('q') || this.#params.get('presence') || this.#params.get('customer');
            replace(this.#notice, this.#rows ? null : h('div', { class: 'empty' }, h('p', { class: 'big' }, filtered ? D.empty : D.emptyAll)));
        } catch (error) {
            if (error.name !== 'AbortError') {
                replace(this.#notice, failure(error));
            }
        } finally {
            busy(this.#table, false);
        }
    }

    #clicked(event) {
        const line = event.target.closest('tr');
        if (line && !event.target.closest('a') && String(getSelection()) === '') {
            line.querySelector('a').click();
        }
    }

    #step(by) {
        const links = [...this.#body.querySelectorAll('th a')];
        const at = links.indexOf(document.activeElement);
        links[at < 0 ? 0 : Math.min(links.length - 1, Math.max(0, at + by))]?.focus();
    }
}

function row(device) {
    const name = deviceName(device);
    return h('tr', {},
        h('td', { class: 'presence' }, presence(device.presence)),
        h('th', { scope: 'row', class: 'device' }, h('a', { href: place(['devices', device.id]) }, name),
            name !== device.id ? h('span', { class: 'muted id' }, ` ${device.id}`) : null),
        h('td', { class: 'model' }, device.model || '–'),
        h('td', { class: 'firmware' }, device.firmware || '–'),
        h('td', { class: 'customer' }, device.customer?.name ?? '–'),
        h('td', { class: 'alerts' }, device.open_alerts
            ? h('a', { class: `badge severity ${device.worst_severity ?? 'minor'}`, href: place(['alerts'], { device: device.id }), title: S.device.openAlerts(device.open_alerts) },
                icon(device.worst_severity ?? 'minor'), `${device.open_alerts} ${S.severity[device.worst_severity] ?? ''}`)
            : h('span', { class: 'muted' }, S.none)),
        h('td', { class: 'seen' }, timeElement(device.last_seen_ms, { focus: false })));
}
