// The triage list, and beside it the alert that is open. The list stays while alerts
// are opened and closed; the address says everything: filters, sort, open alert.

import * as actions from '../actions.js';
import { AlertSource, MOST } from '../alert_source.js';
import { actor, headline, isSnoozed } from '../badges.js';
import { h, replace, setText } from '../dom.js';
import { announce } from '../notices.js';
import * as keys from '../keys.js';
import { go, place } from '../router.js';
import { busy, failure, title } from '../shell.js';
import { S } from '../strings.js';
import { SEVERITIES } from '../triage_model.js';
import { WindowedList } from '../windowed.js';
import { AlertPanel } from './alert.js';
import { TriageBar } from './triage_bar.js';
import { fillRow, head, makeRow, rowHeight } from './triage_row.js';

const T = S.triage;

// Which alerts each view asks for, and how one that changed is known to belong.
const VIEWS = {
    active: { state: 'open,acknowledged', snoozed: '0' },
    open: { state: 'open', snoozed: '0' },
    acknowledged: { state: 'acknowledged', snoozed: '0' },
    snoozed: { state: 'open,acknowledged', snoozed: '1' },
    resolved: { state: 'resolved', snoozed: '' },
};
const FILTERS = ['device', 'model', 'rule', 'customer', 'q'];

export class TriageView {
    #source;
    #bar;
    #grid = h('div', { class: 'grid', role: 'grid', 'aria-label': T.list });
    #count = h('p', { class: 'count muted', 'aria-live': 'off' });
    #fresh = h('button', { type: 'button', class: 'fresh', hidden: true, on: { click: () => this.merge() } });
    #notice = h('div', { class: 'list-notice' });
    #root;
    #list;
    #panel;
    #params = new URLSearchParams();
    #loaded = '';
    #selected = null;
    #open = null;
    #over = new AbortController();
    #unbind;
    #observer;

    constructor(main, { feed }) {
        this.#bar = new TriageBar((changes) => this.#filter(changes));
        this.#panel = new AlertPanel({
            close: () => this.#close(), step: (by) => this.#step(by), route: (id) => this.#place(id),
        });
        this.#root = h('div', { class: 'triage' },
            h('section', { class: 'list', 'aria-labelledby': 'triage-title' },
                this.#bar.element, h('div', { class: 'fresh-place' }, this.#fresh), this.#grid, this.#notice, this.#count),
            this.#panel.element);
        main.append(this.#root);
        this.#grid.append(head());
        this.#list = new WindowedList(this.#grid, {
            make: makeRow, key: (alert) => alert.id, height: rowHeight(this.#grid),
            fill: (row, alert, index) => this.#fill(row, alert, index),
        });
        this.#source = new AlertSource(feed, {
            page: () => this.#paint(), settle: () => this.#settle(), row: (id) => this.#repaint(id),
            fresh: (alerts) => this.#announce(alerts), heard: (alert) => this.#panel.heard(alert),
            presence: (device, name) => this.#panel.sawPresence(device, name), hole: () => this.#reread(),
            failed: (error) => this.#paintFailure(error),
        });
        this.#listen();
    }

    get #model() {
        return this.#source.model;
    }

    #listen() {
        const signal = this.#over.signal;
        this.#grid.addEventListener('click', (event) => this.#clicked(event));
        this.#grid.addEventListener('focusin', (event) => this.#focused(event));
        actions.changes.addEventListener('change', (event) => this.#changed(event.detail), { signal });
        actions.changes.addEventListener('hold', (event) => this.#repaint(event.detail), { signal });
        this.#observer = new ResizeObserver(() => this.#list.setHeight(rowHeight(this.#grid)));
        this.#observer.observe(this.#grid);
        const onAlert = (move) => ({ run: () => this.#act(move) });
        const down = { run: () => this.#step(1) };
        const up = { run: () => this.#step(-1) };
        this.#unbind = keys.bind({
            j: down, ArrowDown: down, k: up, ArrowUp: up,
            Home: { run: () => this.#jump(0) }, End: { run: () => this.#jump(-1) },
            Enter: { run: () => this.#openSelected() }, Escape: { run: () => this.#close() },
            a: onAlert(actions.acknowledge), s: onAlert(actions.snooze),
            r: onAlert(actions.resolve), n: onAlert(actions.note),
            d: { run: () => this.#toDevice() }, u: { run: () => this.merge() },
        });
    }

    destroy() {
        this.#over.abort();
        this.#source.destroy();
        this.#observer.disconnect();
        this.#list.destroy();
        this.#panel.destroy();
        this.#unbind();
    }

    update({ parts, params }) {
        this.#params = params;
        title(T.title);
        this.#bar.paint(params);
        const wanted = JSON.stringify(this.#query());
        if (wanted !== this.#loaded) {
            this.#loaded = wanted;
            this.#read();
            this.#paintAround();
        } else {
            this.#paint();
        }
        const id = parts[1] ? Number(parts[1]) : null;
        if (id !== this.#open) {
            this.#show(id);
        }
    }

    // What to ask the gateway for; severities are cut here, so that all are counted.
    #query() {
        const view = VIEWS[this.#params.get('view')] ?? VIEWS.active;
        const sort = this.#params.get('sort') ?? 'severity';
        const query = { ...view, sort: sort === 'severity' ? 'severity' : 'newest' };
        FILTERS.forEach((name) => {
            query[name] = this.#params.get(name) ?? '';
        });
        return query;
    }

    #severities() {
        const asked = (this.#params.get('severity') ?? '').split(',').filter((name) => SEVERITIES.includes(name));
        return asked.length ? new Set(asked) : null;
    }

    #belongs(alert) {
        const view = VIEWS[this.#params.get('view')] ?? VIEWS.active;
        const snoozed = isSnoozed(alert);
        return view.state.split(',').includes(alert.state) &&
            (view.snoozed === '' || snoozed === (view.snoozed === '1'));
    }

    #read() {
        busy(this.#grid, true);
        this.#source.read({
            query: this.#query(), sort: this.#params.get('sort') ?? 'severity', belongs: (alert) => this.#belongs(alert),
        });
    }

    #reread() {
        this.#list.refreshAll();
        this.#panel.reload();
    }

    #announce(fresh) {
        if (fresh.length === 1) {
            const [one] = fresh;
            announce(T.announce(S.severity[one.severity] ?? one.severity, headline(one), one.device_name || one.device));
        } else if (fresh.length > 1) {
            announce(T.announceMany(fresh.length));
        }
    }

    // An empty list has nothing that could move: what is new shows at once.
    #settle() {
        if (this.#model.rows(this.#severities()).length === 0 && this.#model.pending().fresh > 0) {
            this.#model.merge();
            this.#paint();
            return;
        }
        this.#paintAround();
    }

    merge() {
        this.#model.merge();
        this.#paint();
    }

    #changed(alert) {
        this.#model.patch(alert);
        this.#repaint(alert.id);
        this.#settle();
        this.#panel.changed(alert);
    }

    #repaint(id) {
        const alert = this.#model.get(id);
        if (alert) {
            this.#list.refresh(id, alert);
        }
        this.#panel.repaint(id);
    }

    #paint() {
        const rows = this.#model.rows(this.#severities());
        this.#grid.setAttribute('aria-rowcount', String(rows.length + 1));
        replace(this.#notice);
        this.#list.set(rows);
        if (this.#selected === null || this.#list.place(this.#selected) < 0) {
            this.#mark(this.#open !== null && this.#list.place(this.#open) >= 0 ? this.#open : rows[0]?.id ?? null);
        }
        this.#list.refreshAll();
        busy(this.#grid, this.#source.loading);
        this.#paintAround();
        if (rows.length === 0 && this.#source.complete) {
            this.#paintEmpty();
        }
    }

    #paintAround() {
        const severities = this.#severities();
        this.#bar.counts(this.#model.counts(), this.#source.complete);
        const { fresh, left } = this.#model.pending(severities);
        const words = T.fresh(fresh, left);
        this.#fresh.hidden = words === '';
        if (words) {
            replace(this.#fresh, h('span', {}, words), h('span', { class: 'muted' }, T.merge), h('kbd', {}, 'u'));
        }
        const rows = this.#model.rows(severities).length;
        setText(this.#count, this.#source.loading ? T.loadingMore(this.#model.size)
            : this.#source.complete ? T.shown(rows, this.#model.size) : T.capped(MOST));
    }

    #paintFailure(error) {
        replace(this.#notice, failure(error, h('button', { type: 'button', on: { click: () => this.#read() } }, S.feed.retry)));
        setText(this.#count, '');
    }

    #paintEmpty() {
        const filtered = this.#severities() || FILTERS.some((name) => this.#params.get(name));
        replace(this.#notice, h('div', { class: 'empty' },
            h('p', { class: 'big' }, filtered ? T.emptyFiltered : T.emptyTitle),
            filtered ? h('a', { href: place(['alerts'], { view: this.#params.get('view') }) }, T.clear) : h('p', { class: 'muted' }, T.empty)));
    }

    #fill(row, alert, index) {
        fillRow(row, alert, index, {
            selected: alert.id === this.#selected, open: alert.id === this.#open,
            left: this.#model.hasLeft(alert.id), fresh: this.#model.fresh.has(alert.id),
            holding: actions.holding.get(alert.id), href: this.#place(alert.id), actor,
        });
    }

    #place(id) {
        return place(id === null ? ['alerts'] : ['alerts', id], this.#params);
    }

    #filter(changes) {
        const params = new URLSearchParams(this.#params);
        for (const [name, value] of Object.entries(changes)) {
            if (value) {
                params.set(name, value);
            } else {
                params.delete(name);
            }
        }
        go(place(this.#open === null ? ['alerts'] : ['alerts', this.#open], params), { replace: 'q' in changes });
    }

    #mark(id) {
        const before = this.#selected;
        this.#selected = id;
        this.#list.keep(id);
        [before, id].forEach((key) => {
            const alert = key === null ? null : this.#model.get(key);
            if (alert) {
                this.#list.refresh(key, alert);
            }
        });
    }

    #clicked(event) {
        const row = event.target.closest('[data-id]');
        if (!row || event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) {
            return;
        }
        if (String(getSelection()) !== '') {
            return; // Somebody is copying a serial number.
        }
        event.preventDefault();
        this.#mark(Number(row.dataset.id));
        go(this.#place(this.#selected));
    }

    #focused(event) {
        const row = event.target.closest('[data-id]');
        if (row && Number(row.dataset.id) !== this.#selected) {
            this.#mark(Number(row.dataset.id));
        }
    }

    #step(by) {
        const rows = this.#model.rows(this.#severities());
        const at = this.#list.place(this.#selected);
        const onRow = this.#grid.contains(document.activeElement) || this.#open !== null;
        const next = at < 0 || (!onRow && by > 0) ? Math.max(at, 0) : Math.min(rows.length - 1, Math.max(0, at + by));
        this.#to(rows[next]);
    }

    #jump(to) {
        this.#to(this.#model.rows(this.#severities()).at(to));
    }

    #to(alert) {
        if (!alert) {
            return;
        }
        this.#mark(alert.id);
        this.#list.reveal(alert.id);
        if (this.#open === null) {
            this.#list.element(alert.id)?.focus({ preventScroll: true });
        } else {
            go(this.#place(alert.id), { replace: true });
        }
    }

    #openSelected() {
        if (this.#selected !== null && this.#open !== this.#selected) {
            go(this.#place(this.#selected));
            this.#panel.focus();
        }
    }

    #close() {
        if (this.#open === null) {
            return;
        }
        const id = this.#open;
        go(this.#place(null));
        this.#list.reveal(id);
        this.#list.element(id)?.focus({ preventScroll: true });
    }

    #show(id) {
        const before = this.#open;
        this.#open = id;
        this.#root.classList.toggle('with-panel', id !== null);
        if (id !== null && this.#list.place(id) >= 0) {
            this.#mark(id);
        }
        [before, id].filter((key) => key !== null).forEach((key) => this.#repaint(key));
        this.#panel.show(id, this.#model.get(id));
    }

    #act(move) {
        const alert = this.#open === null ? this.#model.get(this.#selected) : this.#panel.alert ?? this.#model.get(this.#open);
        if (alert) {
            move(alert);
        }
    }

    #toDevice() {
        const alert = this.#model.get(this.#open ?? this.#selected) ?? this.#panel.alert;
        if (alert) {
            go(place(['devices', alert.device]));
        }
    }
}
