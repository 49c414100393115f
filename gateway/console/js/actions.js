// What a person does with an alert: acknowledge, snooze, resolve, note. A snooze can be
// ended, so its undo ends it. A resolve is final: it waits five seconds for an undo and
// is sent only then. Until the gateway said yes nothing is called done.

import * as api from './api.js';
import { headline, isSnoozed } from './badges.js';
import { ask } from './dialog.js';
import { freshId, h } from './dom.js';
import { moment } from './format.js';
import { announce, fault, tell, undoable } from './notices.js';
import { S } from './strings.js';

const A = S.actions;
const HOUR = 3600000;

// Other parts of the page hear of every change: detail is an alert, or {id, holding}.
export const changes = new EventTarget();
const changed = (alert) => changes.dispatchEvent(new CustomEvent('change', { detail: alert }));
// Ids whose resolve waits for its five seconds: id -> what is being done.
export const holding = new Map();

let role = 'agent';
export function setRole(name) {
    role = name;
}
// A viewer's buttons are not shown; the gateway refuses them all the same.
export const mayAct = () => role !== 'viewer' && role !== 'read';

function hold(alert, what) {
    if (what) {
        holding.set(alert.id, what);
    } else {
        holding.delete(alert.id);
    }
    changes.dispatchEvent(new CustomEvent('hold', { detail: alert.id }));
}

async function send(alert, move, body, name, options) {
    try {
        const now = await api.post(`/alerts/${api.part(alert.id)}/${move}`, body, options);
        changed(now);
        return true;
    } catch (error) {
        fault(A.failed(name, error.message));
        if (error.status === 409 || error.status === 404) {
            refresh(alert.id);
        }
        return false;
    }
}

async function refresh(id) {
    try {
        changed(await api.get(`/alerts/${api.part(id)}`));
    } catch {
        // The sentence that was shown already says what is wrong.
    }
}

export async function acknowledge(alert) {
    if (alert.state !== 'open' || holding.has(alert.id) || !mayAct()) {
        return;
    }
    if (await send(alert, 'acknowledge', {}, A.acknowledge)) {
        announce(A.acknowledged);
    }
}

function later(alert, text, move, body, name, done) {
    hold(alert, move);
    undoable(text, async (leaving) => {
        if (await send(alert, move, body, name, { keepalive: leaving })) {
            announce(done);
        }
        hold(alert, null);
    }, () => hold(alert, null));
}

const noteField = (label, id) => [
    h('label', { for: id }, label),
    h('textarea', { id, name: 'note', rows: '2', maxlength: '2000' }),
];

export async function resolve(alert) {
    if (alert.state === 'resolved' || holding.has(alert.id) || !mayAct()) {
        return;
    }
    const id = freshId('note');
    const radios = Object.entries(A.reasons).map(([value, text], index) =>
        h('label', { class: 'choice' },
            h('input', { type: 'radio', name: 'reason', value, autofocus: index === 0 }),
            h('span', {}, text), h('kbd', {}, String(index + 1))));
    const group = h('fieldset', { class: 'choices' }, h('legend', { class: 'unseen' }, A.resolveLead), radios);
    pickByDigit(group, (index) => radios[index]?.querySelector('input'));
    const note = noteField(A.noteLabel, id);
    const answer = await ask({
        title: A.resolveTitle, lead: A.resolveLead, fields: [group, note], submit: A.resolve,
        read: () => {
            const reason = group.querySelector('input:checked')?.value;
            const text = note[1].value.trim();
            return reason
                ? { value: text ? { reason, note: text } : { reason } }
                : { fault: A.reasonNeeded, at: group.querySelector('input') };
        },
    });
    if (answer) {
        later(alert, A.resolving(headline(alert)), 'resolve', answer, A.resolve, A.resolved);
    }
}

function pickByDigit(group, find) {
    group.addEventListener('keydown', (event) => {
        const input = /^[1-9]$/.test(event.key) ? find(Number(event.key) - 1) : null;
        if (input) {
            event.preventDefault();
            input.click();
            input.focus();
        }
    });
}

function morning(days) {
    const at = new Date();
    at.setDate(at.getDate() + days);
    at.setHours(8, 0, 0, 0);
    return at.getTime();
}

export function presets(now = new Date()) {
    const toMonday = (8 - now.getDay()) % 7 || 7;
    return [
        [A.presets.hour, now.getTime() + HOUR],
        [A.presets.four, now.getTime() + 4 * HOUR],
        [A.presets.tomorrow, morning(1)],
        [A.presets.monday, morning(toMonday)],
    ];
}

// What a datetime-local field takes: local time without a zone.
function localValue(ms) {
    const at = new Date(ms);
    return new Date(ms - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}

export async function snooze(alert) {
    if (alert.state === 'resolved' || holding.has(alert.id) || !mayAct()) {
        return;
    }
    if (isSnoozed(alert)) {
        unsnooze(alert);
        return;
    }
    const [why, until] = [freshId('why'), freshId('until')];
    const list = presets();
    const radios = list.map(([text, at], index) =>
        h('label', { class: 'choice' },
            h('input', { type: 'radio', name: 'until', value: String(at), checked: index === 0, autofocus: index === 0 }),
            h('span', {}, text), h('span', { class: 'muted' }, moment(at)), h('kbd', {}, String(index + 1))));
    const custom = h('input', { type: 'radio', name: 'until', value: 'custom', id: freshId('custom') });
    const field = h('input', {
        type: 'datetime-local', id: until, 'aria-label': A.until, min: localValue(Date.now()), value: localValue(Date.now() + 2 * HOUR),
        on: { input: () => { custom.checked = true; }, focus: () => { custom.checked = true; } },
    });
    const group = h('fieldset', { class: 'choices' }, h('legend', { class: 'unseen' }, A.snoozeLead), radios,
        h('div', { class: 'choice' }, custom, h('label', { for: custom.id }, A.presets.custom), field));
    pickByDigit(group, (index) => (index < radios.length ? radios[index].querySelector('input') : null));
    const reason = h('input', { id: why, type: 'text', maxlength: '500', autocomplete: 'off' });
    const answer = await ask({
        title: A.snoozeTitle, lead: A.snoozeLead, fields: [group, h('label', { for: why }, A.whyLabel), reason],
        submit: A.snooze,
        read: () => readSnooze(group, field, reason),
    });
    if (answer && (await send(alert, 'snooze', answer, A.snooze))) {
        tell(A.snoozed(moment(answer.until_ms)), h('button', {
            class: 'link', type: 'button', on: { click: () => unsnooze(alert) },
        }, A.undo));
    }
}

export async function unsnooze(alert) {
    if (await send(alert, 'snooze', { until_ms: 0 }, A.unsnooze)) {
        announce(A.unsnoozed);
    }
}

function readSnooze(group, field, reason) {
    const chosen = group.querySelector('input[type=radio]:checked')?.value;
    const at = chosen === 'custom' ? new Date(field.value).getTime() : Number(chosen);
    if (!(at > Date.now())) {
        return { fault: A.untilNeeded, at: field };
    }
    const text = reason.value.trim();
    return { value: text ? { until_ms: at, reason: text } : { until_ms: at } };
}

export async function note(alert) {
    if (!mayAct()) {
        return;
    }
    const id = freshId('note');
    const field = h('textarea', { id, rows: '4', maxlength: '2000', autofocus: true });
    const answer = await ask({
        title: A.noteTitle, fields: [h('label', { for: id }, A.noteText), field], submit: A.noteSubmit,
        read: () => (field.value.trim() ? { value: field.value.trim() } : { fault: A.noteNeeded, at: field }),
    });
    if (answer && (await send(alert, 'note', { text: answer }, A.note))) {
        tell(A.noted);
    }
}
