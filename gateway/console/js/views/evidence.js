// Why an alert fired, in words: each clause of its rule with what was measured.

import { h } from '../dom.js';
import { icon } from '../icons.js';
import { capital, reading, windowWords, words } from '../format.js';
import { S } from '../strings.js';

const E = S.evidence;

// The function a clause applies and how it compares, from the clause as written:
// "min(cabinet_temp, 10m) > 8 celsius".
export function clause(text) {
    const statistic = /^\s*(?:not\s+)?([a-z_]+)\s*\(/.exec(text)?.[1] ?? '';
    const compare = /(<=|>=|<|>)/.exec(text)?.[1] ?? '';
    return { statistic, above: compare.startsWith('>'), below: compare.startsWith('<') };
}

// A label in the middle of a sentence; one that is all capitals (CPU) stays.
const inside = (label) => (/^[A-Z][a-z]/.test(label) ? label.charAt(0).toLowerCase() + label.slice(1) : label);

export function sentence(item) {
    if (item.fault) {
        return E.fault(item.fault_name ? words(item.fault_name) : String(item.fault));
    }
    if (!item.metric) {
        return '';
    }
    const name = capital(words(item.metric_name ?? ''));
    if (item.value === null) {
        return E.unknown(name);
    }
    const { statistic, above, below } = clause(item.text);
    const say = (value) => reading(value, item.unit, '');
    if (item.unit === 'bool' && (item.value === 0 || item.value === 1)) {
        const extreme = (statistic === 'max' && item.value === 1) || (statistic === 'min' && item.value === 0);
        return (extreme ? E.some : E.whole)(name, say(item.value), windowWords(item.window_ms));
    }
    const was = E.was(E.statistic[statistic] ?? '', inside(words(item.metric_name ?? '')), windowWords(item.window_ms), say(item.value));
    if (item.limit === null) {
        return was;
    }
    const limit = say(item.limit);
    return `${was} ${above || below ? side(item, limit) : E.at(limit)}`;
}

// On which side of its limit a value is: of "a or b" only one need hold.
function side({ value, limit }, said) {
    return value > limit ? E.above(said) : value < limit ? E.below(said) : E.at(said);
}

// Whether a comparison holds as written; null where that cannot be told.
export function holds({ text, value, limit }) {
    const { above, below } = clause(text);
    if (value === null || limit === null || (!above && !below)) {
        return null;
    }
    return above ? value >= limit : value <= limit;
}

// The clauses that made the rule true. Of "a or b" the one that does not hold is no
// reason; where none holds (all of it is negated) each is shown.
export function reasons(evidence) {
    const some = evidence.some((item) => holds(item) !== false);
    return some ? evidence.filter((item) => holds(item) !== false) : evidence;
}

export function evidenceList(alert) {
    if (alert.evidence.length === 0) {
        return h('p', { class: 'muted' }, S.alert.noEvidence);
    }
    return h('ul', { class: 'evidence' }, reasons(alert.evidence).map((item) => {
        const words_ = sentence(item);
        return h('li', {}, icon('next'), h('div', {},
            words_ ? h('p', {}, words_) : null,
            h('code', { title: S.alert.asWritten }, item.text)));
    }));
}
