// Above the triage list: which alerts, counts by severity, search, sort, filters that
// came by a link. Everything it sets goes into the address.

import { h, replace, setText } from '../dom.js';
import { icon } from '../icons.js';
import { S } from '../strings.js';
import { SEVERITIES } from '../triage_model.js';

const T = S.triage;
const TYPING_MS = 220;
const LINKED = ['device', 'model', 'rule', 'customer'];

export class TriageBar {
    #change;
    #views = new Map();
    #severities = new Map();
    #search = h('input', { type: 'search', id: 'triage-search', placeholder: T.searchHint, autocomplete: 'off', spellcheck: 'false' });
    #sort = h('select', { id: 'triage-sort' }, Object.entries(T.sorts).map(([value, text]) => h('option', { value }, text)));
    #chips = h('div', { class: 'chips' });
    #timer = 0;
    #asked = [];

    constructor(change) {
        this.#change = change;
        for (const name of Object.keys(T.views)) {
            this.#views.set(name, h('button', { type: 'button', on: { click: () => change({ view: name === 'active' ? '' : name }) } }, T.views[name]));
        }
        for (const name of SEVERITIES) {
            this.#severities.set(name, h('button', { type: 'button', class: `severity ${name}`, on: { click: () => this.#toggle(name) } },
                icon(name), h('span', { class: 'name' }, S.severity[name]), h('span', { class: 'number' }, '–')));
        }
        this.#search.addEventListener('input', () => {
            clearTimeout(this.#timer);
            this.#timer = setTimeout(() => change({ q: this.#search.value.trim() }), TYPING_MS);
        });
        this.#sort.addEventListener('change', () => change({ sort: this.#sort.value === 'severity' ? '' : this.#sort.value }));
        this.element = h('div', { class: 'bar' },
            h('div', { class: 'bar-top' },
                h('h1', { id: 'triage-title' }, T.title),
                h('div', { class: 'counts', role: 'group', 'aria-label': T.severities }, [...this.#severities.values()])),
            h('div', { class: 'bar-tools' },
                h('div', { class: 'tabs', role: 'group', 'aria-label': T.viewsLabel }, [...this.#views.values()]),
                h('div', { class: 'search' }, icon('search'), h('label', { class: 'unseen', for: 'triage-search' }, T.search), this.#search, h('kbd', { 'aria-hidden': 'true' }, '/')),
                h('div', { class: 'sort' }, h('label', { for: 'triage-sort' }, T.sort), this.#sort)),
            this.#chips);
    }

    #toggle(name) {
        const asked = this.#asked.includes(name) ? this.#asked.filter((one) => one !== name) : [...this.#asked, name];
        const all = asked.length === SEVERITIES.length;
        this.#change({ severity: all ? '' : SEVERITIES.filter((one) => asked.includes(one)).join(',') });
    }

    paint(params) {
        const view = params.get('view') ?? 'active';
        this.#views.forEach((button, name) => button.setAttribute('aria-pressed', String(name === view)));
        this.#asked = (params.get('severity') ?? '').split(',').filter((name) => SEVERITIES.includes(name));
        this.#severities.forEach((button, name) => button.setAttribute('aria-pressed', String(this.#asked.includes(name))));
        if (document.activeElement !== this.#search) {
            this.#search.value = params.get('q') ?? '';
        }
        this.#sort.value = params.get('sort') ?? 'severity';
        const chips = LINKED.filter((name) => params.get(name)).map((name) => this.#chip(name, params.get(name)));
        replace(this.#chips, chips);
    }

    #chip(name, value) {
        const label = T.filterNames[name];
        return h('button', { type: 'button', class: 'chip', 'aria-label': T.removeFilter(T.filter(label, value)), on: { click: () => this.#change({ [name]: '' }) } },
            T.filter(label, value), icon('close'));
    }

    counts(counts, complete) {
        this.#severities.forEach((button, name) => {
            setText(button.querySelector('.number'), `${counts[name].toLocaleString()}${complete ? '' : '+'}`);
        });
    }
}
