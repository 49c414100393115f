// The packs in force: their rules and metrics, to read.

import * as api from '../api.js';
import { audience, severity } from '../badges.js';
import { h, replace } from '../dom.js';
import { unit, windowWords, words } from '../format.js';
import { place } from '../router.js';
import { failure, title } from '../shell.js';
import { S } from '../strings.js';

const P = S.packs;

export class PacksView {
    #list = h('div', {}, h('p', { class: 'muted' }, S.loading));
    #over = new AbortController();

    constructor(main) {
        title(P.title);
        main.append(h('div', { class: 'page' }, h('div', { class: 'page-head' }, h('h1', {}, P.title)), h('p', { class: 'lead' }, P.lead), this.#list));
        this.#read();
    }

    update() {}

    destroy() {
        this.#over.abort();
    }

    async #read() {
        try {
            const answer = await api.get('/packs', { signal: this.#over.signal });
            replace(this.#list, answer.items.length ? answer.items.map(pack) : h('div', { class: 'empty' }, h('p', { class: 'big' }, P.empty)));
        } catch (error) {
            if (error.name !== 'AbortError') {
                replace(this.#list, failure(error));
            }
        }
    }
}

function grid(caption, head, rows) {
    return h('div', { class: 'scroll-x', tabindex: '0', role: 'region', 'aria-label': caption },
        h('table', { class: 'data' }, h('caption', { class: 'unseen' }, caption),
            h('thead', {}, h('tr', {}, head.map((text) => h('th', { scope: 'col' }, text)))), h('tbody', {}, rows)));
}

function pack(one) {
    const name = one.label || one.name;
    const rules = one.rules.map((rule) => h('tr', {},
        h('th', { scope: 'row' }, h('a', { href: place(['alerts'], { rule: rule.name }) }, words(rule.name))),
        h('td', {}, severity(rule.severity)),
        h('td', { class: 'clause' }, h('code', {}, rule.when)),
        h('td', { class: 'nowrap' }, windowWords(rule.for_ms) || '–'),
        h('td', { class: 'clause' }, rule.clear ? h('code', {}, rule.clear) : '–'),
        h('td', {}, rule.tell.map(audience).join(', '))));
    const metrics = one.metrics.map((metric) => h('tr', {},
        h('td', { class: 'number' }, String(metric.id)), h('th', { scope: 'row' }, metric.label || words(metric.name)),
        h('td', {}, h('code', {}, metric.name)), h('td', {}, unit(metric.unit) || words(metric.unit)), h('td', {}, metric.kind)));
    const faults = (one.faults ?? []).map((fault) => h('tr', {},
        h('td', { class: 'number' }, String(fault.id)), h('th', { scope: 'row' }, fault.label || words(fault.name)),
        h('td', {}, h('code', {}, fault.name)), h('td', {}, severity(fault.severity)), h('td', {}, words(fault.component) || '–')));
    return h('section', { class: 'card', 'aria-label': name },
        h('div', { class: 'card-head' }, h('h2', {}, name), h('span', { class: 'muted' }, `${S.device.revision(one.revision)} · ${one.models.join(', ')}`)),
        h('h3', {}, `${P.rules} (${rules.length})`),
        grid(`${name}: ${P.rules}`, [P.rule, P.severity, P.when, P.hold, P.clear, P.tell], rules),
        h('details', {}, h('summary', {}, `${P.metrics} (${metrics.length})`), grid(`${name}: ${P.metrics}`, [P.id, P.name, P.metrics, P.unit, P.kind], metrics)),
        faults.length ? h('details', {}, h('summary', {}, `${P.faults} (${faults.length})`), grid(`${name}: ${P.faults}`, [P.id, P.name, P.faults, P.severity, P.component], faults)) : null);
}
