// What the console tells while you work: short notices that leave by themselves,
// moves that can be undone for five seconds, and words for screen readers.

import { h, replace } from './dom.js';
import { icon } from './icons.js';
import { S } from './strings.js';

const SHOWN_MS = 5000;
const FAULT_MS = 12000;
const UNDO_MS = 5000;

const shelf = () => document.getElementById('toasts');

// Politely, and again when the same words come twice.
export function announce(text) {
    const place = document.getElementById('announcer');
    replace(place, text);
}

function show(content, kind) {
    const toast = h('div', { class: `toast ${kind}`, role: kind === 'fault' ? 'alert' : 'status' }, content);
    shelf().append(toast);
    return toast;
}

function closing(toast) {
    return h('button', {
        class: 'quiet', type: 'button', 'aria-label': S.close, on: { click: () => toast().remove() },
    }, icon('close'));
}

export function tell(text, ...extra) {
    const toast = show([h('span', {}, text), ...extra], 'info');
    setTimeout(() => toast.remove(), SHOWN_MS);
}

export function fault(text) {
    let toast = null;
    toast = show([icon('major'), h('span', {}, text), closing(() => toast)], 'fault');
    setTimeout(() => toast.remove(), FAULT_MS);
}

const held = new Set();

// Holds a move back for five seconds so that it can be undone, then does it. Leaving
// the page does it at once. `commit(keepalive)` does the move, `revert()` takes back
// what was shown ahead of it.
export function undoable(text, commit, revert) {
    const move = { timer: 0, done: false, toast: null };
    const end = () => {
        move.done = true;
        clearTimeout(move.timer);
        held.delete(move);
        move.toast.remove();
    };
    move.now = (leaving) => {
        if (!move.done) {
            end();
            commit(leaving);
        }
    };
    move.undo = () => {
        if (!move.done) {
            end();
            revert();
            tell(S.actions.undone);
        }
    };
    move.toast = show([
        h('span', {}, text),
        h('button', { class: 'link', type: 'button', on: { click: move.undo } }, S.actions.undo, h('kbd', {}, 'z')),
    ], 'info counting');
    held.add(move);
    move.timer = setTimeout(() => move.now(false), UNDO_MS);
    return move;
}

export function undoLast() {
    [...held].pop()?.undo();
}

addEventListener('pagehide', () => {
    [...held].forEach((move) => move.now(true));
});
