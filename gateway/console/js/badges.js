// Small marks that many pages share: severity, state, presence, audience. Each says
// in words what its colour and shape say.

import { h } from './dom.js';
import { icon } from './icons.js';
import { S } from './strings.js';
import { moment, words } from './format.js';

export function severity(name) {
    const known = name in S.severity ? name : 'minor';
    return h('span', { class: `badge severity ${known}` }, icon(known), S.severity[name] ?? name);
}

export const isSnoozed = (alert, now_ms = Date.now()) =>
    alert.state !== 'resolved' && alert.snoozed_until_ms > now_ms;

// "user:anna" and "token:chat" as names, the data's and the customer's moves in words.
export function actor(name) {
    if (!name) {
        return '';
    }
    return S.alert.actor[name] ?? String(name).replace(/^(user|token):/, '');
}

export function stateWords(alert) {
    if (isSnoozed(alert)) {
        return `${S.state.snoozed} → ${moment(alert.snoozed_until_ms)}`;
    }
    const who = { acknowledged: alert.acked_by, resolved: alert.resolved_by }[alert.state];
    const word = S.state[alert.state] ?? words(alert.state);
    return who ? `${word} ${S.state.by(actor(who))}` : word;
}

const STATE_ICONS = { open: 'dot', acknowledged: 'check', resolved: 'done' };

export function state(alert) {
    const name = isSnoozed(alert) ? 'snoozed' : alert.state;
    return h('span', { class: `state ${name}` },
        icon(name === 'snoozed' ? 'clock' : STATE_ICONS[name] ?? 'dot'), h('span', {}, stateWords(alert)));
}

export function presence(name) {
    const known = name in S.presence ? name : 'unknown';
    return h('span', { class: `presence ${known}` }, icon(known), S.presence[known]);
}

const SILENT = ['offline', 'asleep', 'off'];
// Whether an alert may be out of date: its device says nothing.
export const isSilent = (alert, presence_ = alert.presence) => alert.state !== 'resolved' && SILENT.includes(presence_);
// What support calls it; the customer's words are its title.
export const headline = (alert) => alert.headline || alert.title || words(alert.rule);
export const tag = (text, hint) => h('span', { class: 'tag', title: hint ?? null }, text);
export const audience = (name) => S.audience[name] ?? words(name);
export const deviceName = (row) => row.device_name || row.name || row.device || row.id;
