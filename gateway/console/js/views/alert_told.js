// Who was told about an alert and with what result, and what each audience reads.

import { audience } from '../badges.js';
import { h } from '../dom.js';
import { icon } from '../icons.js';
import { timeElement, words } from '../format.js';
import { S } from '../strings.js';

const A = S.alert;
const ICONS = { accepted: 'done', dead: 'critical', dropped: 'close', ready: 'clock', trying: 'clock' };
const AUDIENCES = ['customer', 'support', 'manufacturer'];

export function toldTable(told) {
    if (told.length === 0) {
        return h('p', { class: 'muted' }, A.nobodyTold);
    }
    const head = [A.told_.audience, A.told_.channel, A.told_.recipient, A.told_.result, A.told_.when];
    const cell = (...content) => h('td', { role: 'cell' }, content);
    const rows = told.map((one) => h('tr', { role: 'row' },
        h('th', { scope: 'row', role: 'rowheader' }, audience(one.audience), h('span', { class: 'muted' }, ` ${A.toldKinds[one.kind] ?? words(one.kind)}`)),
        cell(words(one.channel)),
        h('td', { class: 'break', role: 'cell' }, one.recipient),
        cell(h('span', { class: `told ${one.state}` }, icon(ICONS[one.state] ?? 'unknown'), A.toldState[one.state] ?? words(one.state)),
            one.attempts > 1 ? h('span', { class: 'muted' }, ` ${A.attempts(one.attempts)}`) : null,
            one.last_error && one.state !== 'accepted' ? h('p', { class: 'said' }, one.last_error) : null),
        cell(timeElement(one.done_ms ?? one.created_ms, { style: 'moment' }))));
    return h('div', { class: 'scroll-x', tabindex: '0', role: 'region', 'aria-label': A.told },
        h('table', { class: 'data stack', role: 'table' },
            h('caption', { class: 'unseen' }, A.told),
            h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, head.map((text) => h('th', { scope: 'col', role: 'columnheader' }, text)))),
            h('tbody', { role: 'rowgroup' }, rows)));
}

export function texts(alert) {
    return h('div', { class: 'texts' }, AUDIENCES.map((name) => {
        const text = alert.texts[name];
        const told = alert.tell.includes(name);
        return h('details', { open: name === 'customer' && text !== null },
            h('summary', {}, audience(name), text?.lang ? h('span', { class: 'muted' }, ` ${text.lang}`) : null,
                told ? null : h('span', { class: 'muted' }, ` – ${A.notTold}`)),
            body(text));
    }));
}

function body(text) {
    if (text === null || text === undefined || text === '') {
        return h('p', { class: 'muted' }, A.noText);
    }
    if (typeof text === 'string') {
        return h('p', { class: 'message' }, text);
    }
    return h('div', { class: 'message', lang: text.lang || null },
        h('p', {}, h('strong', {}, text.title)), h('p', {}, text.body),
        text.steps?.length ? h('ol', { 'aria-label': A.steps }, text.steps.map((step) => h('li', {}, step))) : null);
}
