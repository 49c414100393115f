// What happened to a device: alerts, presence, resets, identity, messages to people.

import * as api from '../api.js';
import { severity } from '../badges.js';
import { h, replace } from '../dom.js';
import { icon } from '../icons.js';
import { timeElement, words } from '../format.js';
import { place } from '../router.js';
import { failure } from '../shell.js';
import { S } from '../strings.js';
import { RANGES_MS } from './device_charts.js';

const D = S.device;
const PAGE = 100;
const ICONS = {
    alert: 'alerts', 'device.presence': 'online', 'device.reset': 'retry', 'device.identity': 'devices',
    told: 'note', owner: 'people', fault: 'major',
};

const kindOf = (kind) => (kind.startsWith('alert.') ? 'alert' : kind);

export class Timeline {
    element = h('div', { class: 'timeline' });
    #load = null;
    #list = h('ol', { class: 'events' });

    async show(id, range) {
        this.#load?.abort();
        this.#load = new AbortController();
        const to_ms = Date.now() + 60000;
        const span = { from_ms: to_ms - RANGES_MS[range], to_ms };
        await this.#page(id, span, '', true);
    }

    async #page(id, span, after, fresh) {
        const { signal } = this.#load;
        try {
            const page = await api.get(`/devices/${api.part(id)}/timeline${api.query({ ...span, limit: PAGE, after })}`, { signal });
            if (fresh) {
                this.#list.replaceChildren();
            }
            this.#list.append(...page.items.map(entry));
            const more = page.next ? h('button', { type: 'button', on: { click: () => this.#page(id, span, page.next, false) } }, S.more) : null;
            replace(this.element, this.#list.children.length ? this.#list : h('p', { class: 'muted' }, D.noTimeline), more);
        } catch (error) {
            if (error.name !== 'AbortError') {
                replace(this.element, failure(error));
            }
        }
    }
}

function entry(item) {
    const kind = kindOf(item.kind);
    return h('li', {},
        timeElement(item.at_ms, { style: 'moment' }),
        h('span', { class: 'event-kind' }, icon(ICONS[kind] ?? 'dot'), D.kinds[kind] ?? words(kind.replaceAll('.', ' '))),
        h('div', { class: 'event-text' },
            item.severity && item.kind === 'alert.opened' ? severity(item.severity) : null,
            item.alert ? h('a', { href: place(['alerts', item.alert]) }, item.text) : h('span', {}, item.text),
            item.detail ? h('p', { class: 'said' }, item.detail) : null));
}
