// The alert that is open, beside the list or over it: what happened and why, charts,
// who was told, what was done, and the moves.

import * as api from '../api.js';
import * as actions from '../actions.js';
import { actor, deviceName, headline, isSilent, isSnoozed, severity, state, tag } from '../badges.js';
import { append, h, replace } from '../dom.js';
import { icon } from '../icons.js';
import { moment, timeElement, words } from '../format.js';
import { place } from '../router.js';
import { failure, title } from '../shell.js';
import { S } from '../strings.js';
import { evidenceList } from './evidence.js';
import { AlertCharts } from './alert_charts.js';
import { texts, toldTable } from './alert_told.js';

const A = S.alert;
const HEAD = ['id', 'headline', 'title', 'severity', 'state', 'snoozed_until_ms', 'acked_by', 'resolved_by', 'resolution', 'test', 'late',
    'device', 'device_name', 'model', 'customer', 'since_ms', 'opened_ms', 'rule', 'instance'];
const SETTLE_MS = 90; // while j or k is held down, only the last one is read

export class AlertPanel {
    alert = null;
    element = h('section', { class: 'panel', 'aria-labelledby': 'alert-title', hidden: true });
    #id = null;
    #ways;
    #load = null;
    #timer = 0;
    #wantsFocus = false;
    #presence = ''; // of its device, once known
    #charts = new AlertCharts();
    #parts = null;

    // ways: close(), step(by), route(id).
    constructor(ways) {
        this.#ways = ways;
    }

    destroy() {
        clearTimeout(this.#timer);
        this.#load?.abort();
        this.#charts.clear();
    }

    focus() {
        this.#wantsFocus = true;
        this.#takeFocus();
    }

    #takeFocus() {
        const heading = this.element.querySelector('h2');
        if (this.#wantsFocus && heading && this.alert?.id === this.#id) {
            this.#wantsFocus = false;
            heading.focus({ preventScroll: true });
        }
    }

    // Shows what the list knows at once, the rest when it has come.
    show(id, known) {
        if (id === this.#id) {
            return;
        }
        this.#id = id;
        this.alert = null;
        this.#presence = '';
        this.element.hidden = id === null;
        clearTimeout(this.#timer);
        this.#load?.abort();
        this.#charts.clear();
        if (id === null) {
            this.#parts = null;
            this.element.replaceChildren();
            return;
        }
        this.#frame();
        if (known) {
            this.#paint(known);
        }
        this.#timer = setTimeout(() => this.#read(), known ? SETTLE_MS : 0);
    }

    reload() {
        if (this.#id !== null) {
            this.#read();
        }
    }

    heard(alert) {
        if (alert.id === this.#id && this.alert) {
            clearTimeout(this.#timer);
            this.#timer = setTimeout(() => this.#read(), SETTLE_MS);
        }
    }

    changed(alert) {
        if (alert.id === this.#id && alert.log) {
            this.alert = alert;
            this.#presence = alert.presence;
            this.#paint(alert);
            this.#paintMore(alert);
        }
    }

    repaint(id) {
        if (id === this.#id && this.alert) {
            this.#paint(this.alert);
        }
    }

    async #read() {
        this.#load?.abort();
        this.#load = new AbortController();
        const id = this.#id;
        try {
            const alert = await api.get(`/alerts/${api.part(id)}`, { signal: this.#load.signal });
            if (id !== this.#id) {
                return;
            }
            const first = this.alert === null;
            this.alert = alert;
            this.#presence = alert.presence;
            this.#paint(alert);
            this.#paintMore(alert);
            if (first) {
                this.#charts.show(alert);
                this.#takeFocus();
            }
        } catch (error) {
            if (error.name !== 'AbortError' && id === this.#id) {
                const words_ = error.status === 404 ? { message: A.gone } : error;
                replace(this.#parts.body, failure(words_));
            }
        }
    }

    sawPresence(device, presence) {
        if (this.alert?.device === device && presence && presence !== this.#presence) {
            this.#presence = presence;
            this.#paint(this.alert);
        }
    }

    #frame() {
        const button = (name, label, run) => h('button', { type: 'button', class: 'quiet', 'aria-label': label, title: label, on: { click: run } }, icon(name));
        this.#parts = {
            head: h('div', { class: 'alert-head' }), body: h('div', { class: 'alert-body' }),
            evidence: h('section', { class: 'block' }), log: h('section', { class: 'block' }),
            told: h('section', { class: 'block' }), texts: h('section', { class: 'block' }),
        };
        const { head, body, evidence, log, told, texts: texts_ } = this.#parts;
        append(body, [evidence, this.#charts.element, told, log, texts_]);
        replace(this.element, h('div', { class: 'panel-bar' },
            h('button', { type: 'button', class: 'quiet back', on: { click: () => this.#ways.close() } }, icon('back'), h('span', {}, A.back)),
            h('span', { class: 'grow' }),
            button('up', A.prev, () => this.#ways.step(-1)), button('down', A.next, () => this.#ways.step(1)),
            button('close', A.close, () => this.#ways.close())), head, body);
    }

    // Leaves the head alone when it would be the same: a button must not be made anew
    // under a finger.
    #paint(alert) {
        title(`${headline(alert)} · ${deviceName(alert)}`);
        const shown = JSON.stringify([HEAD.map((name) => alert[name]), isSnoozed(alert), this.#presence, actions.holding.has(alert.id)]);
        if (this.#parts.shown === shown) {
            return;
        }
        this.#parts.shown = shown;
        const facts = [
            [A.device, h('a', { href: place(['devices', alert.device]) }, deviceName(alert)), alert.device_name && alert.device_name !== alert.device ? alert.device : null],
            [A.model, alert.model || S.unknown],
            [A.customer, alert.customer ? h('a', { href: place(['alerts'], { customer: alert.customer.id }) }, alert.customer.name) : S.triage.nobody],
            [A.since, timeElement(alert.since_ms)],
            [A.opened, timeElement(alert.opened_ms)],
            [A.rule, h('a', { href: place(['alerts'], { rule: alert.rule }) }, words(alert.rule))],
            alert.instance ? [A.instance, String(alert.instance)] : null,
        ].filter(Boolean);
        const old = this.#parts.head.querySelector('h2');
        const hadFocus = old !== null && old === document.activeElement;
        const held = this.#parts.head.contains(document.activeElement) ? document.activeElement.dataset?.move : null;
        const heading = h('h2', { id: 'alert-title', tabindex: '-1' }, headline(alert));
        replace(this.#parts.head,
            h('div', { class: 'marks' }, severity(alert.severity), state(alert),
                alert.test ? tag(S.triage.test) : null, alert.late ? tag(S.triage.late) : null),
            heading,
            h('dl', { class: 'facts' }, facts.map(([name, value, more]) =>
                h('div', {}, h('dt', {}, name), h('dd', {}, value, more ? h('span', { class: 'muted id' }, ` ${more}`) : null)))),
            banners(alert, this.#presence), this.#moves(alert));
        if (hadFocus) {
            heading.focus({ preventScroll: true });
        } else if (held) {
            (this.#parts.head.querySelector(`[data-move=${held}]:not(:disabled)`) ?? heading).focus({ preventScroll: true });
        }
    }

    #moves(alert) {
        if (!actions.mayAct()) {
            return h('p', { class: 'muted' }, S.actions.readOnly);
        }
        const holding = actions.holding.has(alert.id);
        const done = alert.state === 'resolved' || holding;
        const button = (name, key, off, label, look) => h('button', {
            type: 'button', class: look, disabled: off, data: { move: name }, 'aria-keyshortcuts': key,
            on: { click: () => actions[name](this.alert ?? alert) },
        }, label, h('kbd', { 'aria-hidden': 'true' }, key));
        return h('div', { class: 'moves', role: 'group', 'aria-label': S.actions.label },
            button('acknowledge', 'a', done || alert.state !== 'open', S.actions.acknowledge, 'primary'),
            button('snooze', 's', done, isSnoozed(alert) ? S.actions.unsnooze : S.actions.snooze),
            button('resolve', 'r', done, S.actions.resolve),
            button('note', 'n', false, S.actions.note));
    }

    #paintMore(alert) {
        const { evidence, log, told, texts: texts_ } = this.#parts;
        replace(evidence, h('h3', {}, A.evidence), evidenceList(alert));
        replace(told, h('h3', {}, A.told), toldTable(alert.told));
        replace(log, h('h3', {}, A.log), logList(alert));
        replace(texts_, h('h3', {}, A.texts), texts(alert));
    }
}

function banners(alert, presence) {
    const line = (name, ...content) => h('p', { class: 'banner' }, icon(name), h('span', {}, content));
    return [
        alert.test ? line('test', A.testBanner) : null,
        alert.late ? line('clock', A.lateBanner) : null,
        isSilent(alert, presence) ? line('offline', A.silentBanner(S.presence[presence])) : null,
        isSnoozed(alert) ? line('clock', `${A.snoozedBanner} ${moment(alert.snoozed_until_ms)}`) : null,
        alert.state === 'resolved' ? line('done', A.resolvedBanner(S.actions.resolution[alert.resolution] ?? words(alert.resolution ?? S.unknown))) : null,
    ];
}

function logList(alert) {
    const entries = alert.log.map((entry) => h('li', {},
        h('span', { class: 'log-when' }, timeElement(entry.at_ms, { style: 'moment' })),
        h('div', {}, h('strong', {}, A.moves[entry.move] ?? words(entry.move)), ' ',
            h('span', { class: 'muted' }, S.state.by(actor(entry.actor))),
            entry.reason ? h('p', { class: 'said' }, S.actions.reasons[entry.reason] ?? entry.reason) : null)));
    return h('ol', { class: 'log' }, entries);
}
