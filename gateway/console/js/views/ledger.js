// What a device numbered, and where each number is: stored, accounted for, or owed.

import { h } from '../dom.js';
import { icon } from '../icons.js';
import { number, timeElement, words } from '../format.js';
import { S } from '../strings.js';

const L = S.ledger;

export function ledger(book) {
    const figures = [
        [L.expected, book.expected], [L.stored, book.stored], [L.accounted, book.accounted], [L.missing, book.missing, book.missing > 0],
        [L.readings, book.readings], [L.sourceLost, book.source_lost, book.source_lost > 0],
    ];
    return [
        h('p', { class: 'muted' }, L.lead),
        h('dl', { class: 'figures' }, figures.map(([name, value, odd]) =>
            h('div', { class: odd ? 'odd' : null }, h('dt', {}, name), h('dd', {}, number(value))))),
        h('p', { class: book.missing ? 'verdict odd' : 'verdict' }, icon(book.missing ? 'clock' : 'done'), book.missing ? L.owed(book.missing) : L.allHere),
        drops(book.drops), streams(book.streams),
    ];
}

function grid(caption, head, rows) {
    return h('div', { class: 'scroll-x', tabindex: '0', role: 'region', 'aria-label': caption },
        h('table', { class: 'data tight' }, h('caption', { class: 'unseen' }, caption),
            h('thead', {}, h('tr', {}, head.map((text) => h('th', { scope: 'col' }, text)))), h('tbody', {}, rows)));
}

function drops(list) {
    if (list.length === 0) {
        return h('p', { class: 'muted' }, L.noDrops);
    }
    const rows = list.map((one) => h('tr', {},
        h('th', { scope: 'row' }, L.reasons[one.reason] ?? words(one.reason)),
        h('td', { class: 'number' }, number(one.count)), h('td', { class: 'number' }, number(one.readings)),
        h('td', {}, timeElement(one.from_ms, { style: 'moment', focus: false })), h('td', {}, timeElement(one.to_ms, { style: 'moment', focus: false }))));
    return h('details', { open: true }, h('summary', {}, L.drops), grid(L.drops, [L.reason, L.count, L.readings, L.from, L.to], rows));
}

function streams(list) {
    const rows = list.map((one) => h('tr', {},
        h('th', { scope: 'row' }, h('code', {}, one.stream.slice(0, 8))), h('td', {}, L.lanes[one.lane] ?? one.lane),
        [one.contiguous, one.highest, one.stored, one.dropped].map((value) => h('td', { class: 'number' }, number(value))),
        h('td', {}, one.closed ? L.yes : L.no)));
    return h('details', {}, h('summary', {}, `${L.streams} (${list.length})`),
        grid(L.streams, [L.stream, L.lane, L.contiguous, L.highest, L.stored, L.dropped, L.closed], rows));
}
