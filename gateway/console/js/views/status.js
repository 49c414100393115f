// How the gateway is: its parts, its counters, and messages nobody could be given.

import * as api from '../api.js';
import { audience } from '../badges.js';
import { h, replace } from '../dom.js';
import { icon } from '../icons.js';
import { age, number, timeElement, words } from '../format.js';
import { fault, tell } from '../notices.js';
import { mayAct } from '../actions.js';
import { place } from '../router.js';
import { failure, title } from '../shell.js';
import { S } from '../strings.js';

const T = S.status;
const FRESH_MS = 10000;

export class StatusView {
    #now = h('div', {}, h('p', { class: 'muted' }, S.loading));
    #dead = h('section', { class: 'card', 'aria-labelledby': 'dead-title' });
    #over = new AbortController();
    #feed;
    #timer;

    constructor(main, { feed }) {
        this.#feed = feed;
        title(T.title);
        main.append(h('div', { class: 'page' }, h('div', { class: 'page-head' }, h('h1', {}, T.title)), this.#now, this.#dead));
        feed.addEventListener('state', () => this.#read(), { signal: this.#over.signal });
        this.#timer = setInterval(() => document.visibilityState === 'visible' && this.#read(), FRESH_MS);
        this.#read();
        this.#readDead();
    }

    update() {}

    destroy() {
        this.#over.abort();
        clearInterval(this.#timer);
    }

    async #read() {
        try {
            const now = await api.get('/status', { signal: this.#over.signal });
            replace(this.#now, this.#parts(now));
        } catch (error) {
            if (error.name !== 'AbortError') {
                replace(this.#now, failure(error));
            }
        }
    }

    #parts(now) {
        const part = (name, ok, text, detail) => h('div', { class: `health ${ok ? 'ok' : 'bad'}` },
            icon(ok ? 'done' : 'critical'), h('div', {}, h('h2', {}, name), h('p', {}, text), detail ? h('p', { class: 'muted' }, detail) : null));
        const live = this.#feed.state.phase === 'live';
        const facts = [[T.version, now.version], [T.epoch, String(now.epoch)], [T.uptime, age(Math.max(now.uptime_ms, 5000))]];
        const counters = Object.entries(now.queue ?? {});
        return [
            h('div', { class: 'healths' },
                part(T.gateway, now.ready !== false, now.ready === false ? T.notReady : T.ready, (now.reasons ?? []).join(' ')),
                part(T.broker, now.broker.up, now.broker.up ? T.up : T.down, [now.broker.reason, now.broker.since_ms ? [`${T.since} `, timeElement(now.broker.since_ms, { style: 'moment' })] : null].flat().filter(Boolean).length
                    ? h('span', {}, now.broker.up ? '' : `${now.broker.reason} `, now.broker.since_ms ? [`${T.since} `, timeElement(now.broker.since_ms, { style: 'moment' })] : '') : null),
                part(T.store, now.store.ok, now.store.ok ? T.ok : T.notOk, now.store.detail),
                part(T.feed, live, S.feed[this.#feed.state.phase]),
                part(T.delivery, true, T[now.delivery] ?? words(now.delivery))),
            h('section', { class: 'card', 'aria-label': T.numbers },
                h('dl', { class: 'figures wide' }, [...facts, ...counters.map(([name, value]) => [T.queue[name] ?? words(name), typeof value === 'number' ? number(value) : String(value)])]
                    .map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))))),
        ];
    }

    async #readDead() {
        const head = h('h2', { id: 'dead-title' }, T.dead);
        try {
            const page = await api.get(`/outbox${api.query({ state: 'dead', limit: 100 })}`, { signal: this.#over.signal });
            replace(this.#dead, head, page.items.length ? this.#deadTable(page.items) : h('p', { class: 'calm' }, icon('done'), T.noDead));
        } catch (error) {
            if (error.name !== 'AbortError') {
                replace(this.#dead, head, failure(error));
            }
        }
    }

    #deadTable(items) {
        const A = S.alert.told_;
        const head = [A.audience, A.channel, A.recipient, T.subject, T.error, A.when, ''];
        const rows = items.map((one) => h('tr', {},
            h('th', { scope: 'row' }, audience(one.audience)), h('td', {}, words(one.channel)), h('td', { class: 'break' }, one.recipient),
            h('td', {}, one.alert ? h('a', { href: place(['alerts', one.alert]) }, one.subject || T.alertLink(one.alert)) : one.subject ?? ''),
            h('td', {}, one.last_error), h('td', {}, timeElement(one.done_ms ?? one.created_ms, { style: 'moment', focus: false })),
            h('td', {}, mayAct() ? h('button', { type: 'button', on: { click: (event) => this.#replay(one, event.currentTarget) } }, T.replay) : null)));
        return h('div', { class: 'scroll-x', tabindex: '0', role: 'region', 'aria-label': T.dead },
            h('table', { class: 'data' }, h('caption', { class: 'unseen' }, T.dead),
                h('thead', {}, h('tr', {}, head.map((text) => (text ? h('th', { scope: 'col' }, text) : h('td', {}))))), h('tbody', {}, rows)));
    }

    async #replay(one, button) {
        button.disabled = true;
        try {
            await api.post(`/outbox/${api.part(one.id)}/replay`);
            tell(T.replayed);
            this.#readDead();
        } catch (error) {
            button.disabled = false;
            fault(S.actions.failed(T.replay, error.message));
        }
    }
}
