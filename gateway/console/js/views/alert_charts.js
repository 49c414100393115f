// The metrics that an alert's rule read, around the time it fired, with its limits.

import * as api from '../api.js';
import { chart, missing } from '../chart.js';
import { h, replace } from '../dom.js';
import { ZONE } from '../format.js';
import { S } from '../strings.js';

const MIN_SPAN_MS = 2 * 3600000;
const POINTS = 400;

// From well before the condition began until its end, or now.
export function span(alert, now_ms) {
    const until = alert.resolved_ms ?? now_ms;
    const waited = alert.opened_ms - alert.since_ms;
    const longest = Math.max(0, ...alert.evidence.map((item) => item.window_ms ?? 0));
    const before = Math.max(MIN_SPAN_MS / 2, waited * 2, longest * 1.5);
    const after = Math.min(Math.max(until - alert.opened_ms, 0), Math.max(before * 3, MIN_SPAN_MS));
    const to_ms = alert.opened_ms + Math.max(after, MIN_SPAN_MS / 8);
    return { from_ms: Math.floor(alert.since_ms - before), to_ms: Math.ceil(Math.min(to_ms, now_ms)) };
}

export function marks(alert) {
    const list = [{ at_ms: alert.since_ms, text: S.alert.marks.since }, { at_ms: alert.opened_ms, text: S.alert.marks.opened }];
    if (alert.resolved_ms) {
        list.push({ at_ms: alert.resolved_ms, text: S.alert.marks.resolved });
    }
    return list;
}

export class AlertCharts {
    element = h('section', { class: 'block charts', hidden: true });
    #charts = [];
    #load = null;

    clear() {
        this.#load?.abort();
        this.#charts.forEach((one) => one.destroy());
        this.#charts = [];
        this.element.hidden = true;
        this.element.replaceChildren();
    }

    async show(alert) {
        this.clear();
        if (alert.metrics.length === 0) {
            return;
        }
        this.#load = new AbortController();
        const signal = this.#load.signal;
        const { from_ms, to_ms } = span(alert, Date.now());
        const places = alert.metrics.map((metric) => h('div', { class: metric.unit === 'bool' ? 'chart-place low' : 'chart-place' }));
        this.element.hidden = false;
        replace(this.element, h('h3', {}, S.alert.chart), places, h('p', { class: 'muted small' }, S.chart.coarse, ' ', S.chart.zone(ZONE)));
        const loads = alert.metrics.map((metric) => {
            const query = { metric: metric.id, instance: alert.instance, from_ms, to_ms, points: POINTS };
            return api.get(`/devices/${api.part(alert.device)}/series${api.query(query)}`, { signal });
        });
        const loaded = await Promise.allSettled(loads);
        if (signal.aborted) {
            return;
        }
        const begin_ms = trimmed(from_ms, to_ms, alert, loaded.map((one) => one.value?.points ?? []));
        loaded.forEach((one, index) => {
            const metric = alert.metrics[index];
            if (one.status === 'rejected') {
                places[index].append(missing(metric, one.reason));
                return;
            }
            const drawn = chart({
                series: { ...metric, ...one.value }, from_ms: begin_ms, to_ms, limits: limitsOf(alert, metric), marks: marks(alert),
                group: `alert-${alert.id}`, height: metric.unit === 'bool' ? 84 : 172,
            });
            this.#charts.push(drawn);
            places[index].append(drawn.element);
        });
    }
}

function limitsOf(alert, metric) {
    return alert.evidence.filter((item) => item.metric === metric.id && item.limit !== null && metric.unit !== 'bool')
        .map((item) => ({ value: item.limit }));
}

// A device that is new has no past: the chart begins where its readings do.
export function trimmed(from_ms, to_ms, alert, series) {
    const first_ms = Math.min(alert.since_ms, ...series.filter((points) => points.length > 0).map((points) => points[0][0]));
    return first_ms - from_ms > (to_ms - from_ms) / 2 ? Math.floor(first_ms - (to_ms - first_ms) * 0.1) : from_ms;
}
