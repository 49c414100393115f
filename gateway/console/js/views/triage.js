// The triage list, and beside it the alert that is open. The list stays while alerts
// are opened and closed; the address says everything: filters, sort, open alert.

import * as api from '../api.js';
import * as actions from '../actions.js';
import { actor, isSnoozed } from '../badges.js';
import { h, replace, setText } from '../dom.js';
import { announce } from '../notices.js';
import * as keys from '../keys.js';
import { go, place } from '../router.js';
import { busy, failure, title } from '../shell.js';
import { S } from '../strings.js';
import { SEVERITIES, Triage } from '../triage_model.js';
import { WindowedList } from '../windowed.js';
import { AlertPanel } from './alert.js';
import { TriageBar } from './triage_bar.js';
import { fillRow, head, makeRow, rowHeight } from './triage_row.js';

const T = S.triage;
const PAGE = 500;
const MOST = 10000;
const NEW_PAUSE_MS = 200;
const HEARD_MOST = 500;

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
    #feed;
    #bar;
    #grid = h('div', { class: 'grid', role: 'grid', 'aria-label': T.list });
    #count = h('p', { class: 'count muted', 'aria-live': 'off' });
    #fresh = h('button', { type: 'button', class: 'fresh', hidden: true, on: { click: () => this.merge() } });
    #notice = h('div', { class: 'list-notice' });
    #root;
    #list;
    #panel;
    #model = new Triage();
    #params = new URLSearchParams();
    #loaded = '';
    #load = null;
    #complete = false;
    #selected = null;
    #open = null;
    #newIds = new Set();
    #newTimer = 0;
    #heard = []; // the last changes that the feed told: [turn, alert]
    #turn = 0;
    #over = new AbortController();
    #unbind;
    #observer;

    constructor(main, { feed }) {
        this.#feed = feed;
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
        this.#listen();
    }

    #listen() {
        const signal = this.#over.signal;
        this.#grid.addEventListener('click', (event) => this.#clicked(event));
        this.#grid.addEventListener('focusin', (event) => this.#focused(event));
        this.#feed.addEventListener('event', (event) => this.#hear(event.detail), { signal });
        this.#feed.addEventListener('resync', () => this.#readAgain(), { signal });
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
        this.#load?.abort();
        clearTimeout(this.#newTimer);
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

    // Reads the list from the start, a page at a time: the first is shown at once.
    async #read() {
        this.#load?.abort();
        this.#load = new AbortController();
        const signal = this.#load.signal;
        const model = new Triage({ sort: this.#params.get('sort') ?? 'severity', belongs: (alert) => this.#belongs(alert) });
        this.#complete = false;
        busy(this.#grid, true);
        const turn = this.#turn;
        let after = '';
        try {
            do {
                const page = await api.get(`/alerts${api.query({ ...this.#query(), limit: PAGE, after })}`, { signal });
                model.append(this.#freshen(page.items, turn));
                after = page.next ?? '';
                this.#model = model;
                this.#paint(after !== '');
            } while (after && model.size < MOST);
            this.#complete = !after;
            this.#paint();
        } catch (error) {
            if (error.name !== 'AbortError') {
                this.#model = model;
                this.#paint();
                replace(this.#notice, failure(error, h('button', { type: 'button', on: { click: () => this.#read() } }, S.feed.retry)));
            }
        } finally {
            if (!signal.aborted) {
                busy(this.#grid, false);
            }
        }
    }

    // After a hole in the feed: reads all again and shows what differs as waiting.
    async #readAgain() {
        if (!this.#complete && this.#model.size === 0) {
            return;
        }
        const signal = this.#over.signal;
        const model = this.#model;
        const all = [];
        const turn = this.#turn;
        let after = '';
        try {
            do {
                const page = await api.get(`/alerts${api.query({ ...this.#query(), limit: PAGE, after })}`, { signal });
                all.push(...page.items);
                after = page.next ?? '';
            } while (after && all.length < MOST);
        } catch {
            return; // The feed's own state already tells that the gateway is not there.
        }
        if (model === this.#model) {
            model.reconcile(this.#freshen(all, turn), !after);
            this.#list.refreshAll();
            this.#settle();
        }
        this.#panel.reload();
    }

    // An answer may be older than what the feed told while it was on its way: what was
    // heard after the question was put wins.
    #freshen(alerts, turn) {
        const later = new Map(this.#heard.filter(([at]) => at > turn).map(([, alert]) => [alert.id, alert]));
        return later.size === 0 ? alerts : alerts.map((alert) => ({ ...alert, ...later.get(alert.id) }));
    }

    #hear({ type, data }) {
        if (type === 'device.presence') {
            this.#panel.sawPresence(data?.device, data?.presence);
        }
        if (!type.startsWith('alert.') || !data?.alert) {
            return;
        }
        const alert = data.alert;
        this.#turn += 1;
        this.#heard.push([this.#turn, alert]);
        this.#heard.splice(0, this.#heard.length - HEARD_MOST);
        if (this.#model.patch(alert)) {
            this.#repaint(alert.id);
            this.#settle();
        } else if (this.#belongs(alert)) {
            this.#newIds.add(alert.id);
            this.#newTimer ||= setTimeout(() => this.#fetchNew(), NEW_PAUSE_MS);
        }
        this.#panel.heard(alert);
    }

    // The feed tells no title and no customer: new alerts are read whole, and many
    // at once in one go. The gateway decides whether the filters let them in.
    async #fetchNew() {
        const ids = this.#newIds;
        this.#newIds = new Set();
        this.#newTimer = 0;
        const model = this.#model;
        const turn = this.#turn;
        try {
            const query = { ...this.#query(), sort: 'newest', limit: Math.min(PAGE, Math.max(50, ids.size * 2)) };
            const page = await api.get(`/alerts${api.query(query)}`, { signal: this.#over.signal });
            const fresh = this.#freshen(page.items, turn).filter((alert) => ids.has(alert.id) && model.offer(alert) === 'new');
            if (model === this.#model) {
                this.#announce(fresh);
                this.#settle();
            }
        } catch {
            // A feed that lives will tell again; one that does not says so itself.
        }
    }

    #announce(fresh) {
        if (fresh.length === 1) {
            const [one] = fresh;
            announce(T.announce(S.severity[one.severity] ?? one.severity, one.title, one.device_name || one.device));
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

    #paint(more = false) {
        const rows = this.#model.rows(this.#severities());
        this.#grid.setAttribute('aria-rowcount', String(rows.length + 1));
        replace(this.#notice);
        this.#list.set(rows);
        if (this.#selected === null || this.#list.place(this.#selected) < 0) {
            this.#mark(this.#open !== null && this.#list.place(this.#open) >= 0 ? this.#open : rows[0]?.id ?? null);
        }
        this.#list.refreshAll();
        this.#paintAround(more);
        if (rows.length === 0 && !more && this.#grid.getAttribute('aria-busy') !== 'true' || (rows.length === 0 && this.#complete)) {
            this.#paintEmpty();
        }
    }

    #paintAround(more = false) {
        const severities = this.#severities();
        this.#bar.counts(this.#model.counts(), this.#complete);
        const { fresh, left } = this.#model.pending(severities);
        const words = T.fresh(fresh, left);
        this.#fresh.hidden = words === '';
        if (words) {
            replace(this.#fresh, h('span', {}, words), h('span', { class: 'muted' }, T.merge), h('kbd', {}, 'u'));
        }
        const rows = this.#model.rows(severities).length;
        const loading = more || (!this.#complete && this.#grid.getAttribute('aria-busy') === 'true');
        setText(this.#count, loading ? T.loadingMore(this.#model.size)
            : this.#complete || rows < MOST ? T.shown(rows, this.#model.size) : T.capped(MOST));
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
