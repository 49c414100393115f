// Charts of a metric over time: average as a line, lowest to highest as a band, the
// rule's limit as a dashed line, moments as upright lines. Each chart has a sentence
// and a table that say the same. uPlot draws; it is fetched when first needed.

import { Drawing, held } from './chart_drawing.js';
import { append, freshId, h, replace } from './dom.js';
import { capital, exact, reading, unit, words } from './format.js';
import { S } from './strings.js';

const TABLE_ROWS = 30;
const live = new Set();
addEventListener('tocsin.theme', () => live.forEach((chart) => chart.draw()));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => live.forEach((chart) => chart.draw()));

const label = (series) => series.label || capital(words(series.name));

// series: the gateway's answer. limits: [{value}]. marks: [{at_ms, text}].
// Returns {element, destroy}.
export function chart({ series, from_ms, to_ms, limits = [], marks = [], group = null, height = 168 }) {
    const id = freshId('chart');
    series = { ...series, points: held(series, from_ms, to_ms) };
    const readout = h('span', { class: 'readout', 'aria-hidden': 'true' });
    const canvas = h('div', { class: 'canvas', 'aria-hidden': 'true' });
    const sign = unit(series.unit);
    const element = h('figure', { class: 'chart', 'aria-labelledby': id },
        h('div', { class: 'chart-head' },
            h('h3', { id }, label(series), sign ? h('span', { class: 'muted' }, ` ${sign}`) : null), readout),
        canvas,
        h('figcaption', { class: 'unseen' }, caption(series, from_ms, to_ms, limits)),
        series.points.length ? table(series) : null);
    if (series.points.length === 0) {
        replace(canvas, h('p', { class: 'empty' }, S.chart.empty(label(series))));
        return { element, destroy() {} };
    }
    const drawing = new Drawing({ series, from_ms, to_ms, limits, marks, group, height }, canvas, readout);
    live.add(drawing);
    drawing.draw();
    return {
        element,
        destroy() {
            live.delete(drawing);
            drawing.destroy();
        },
    };
}

function caption(series, from_ms, to_ms, limits) {
    const low = Math.min(...series.points.map((p) => p[1]));
    const high = Math.max(...series.points.map((p) => p[3]));
    if (series.points.length === 0) {
        return S.chart.empty(label(series));
    }
    const say = (value) => reading(value, series.unit, series.kind);
    const body = low === high ? S.chart.constant(label(series), say(low))
        : S.chart.range(label(series), say(low), say(high));
    const bounds = limits.map((limit) => S.chart.limit(say(limit.value))).join(' ');
    return `${body}${S.chart.span(exact(from_ms), exact(to_ms))} ${bounds}`;
}

// Filled when it is opened: most people read the drawing.
function table(series) {
    const details = h('details', { class: 'chart-table' }, h('summary', {}, S.chart.table));
    details.addEventListener('toggle', () => {
        if (details.open && details.children.length === 1) {
            details.append(tableBody(series));
        }
    });
    return details;
}

function tableBody(series) {
    const every = Math.max(1, Math.ceil(series.points.length / TABLE_ROWS));
    const rows = [];
    for (let at = 0; at < series.points.length; at += every) {
        const group = series.points.slice(at, at + every);
        const mean = group.reduce((sum, p) => sum + p[2], 0) / group.length;
        const say = (value) => h('td', { class: 'number' }, reading(value, series.unit, series.kind));
        rows.push(h('tr', {}, h('th', { scope: 'row' }, exact(group[0][0])),
            say(Math.min(...group.map((p) => p[1]))), say(mean), say(Math.max(...group.map((p) => p[3])))));
    }
    const head = [S.chart.time, S.chart.low, S.chart.mean, S.chart.high];
    return h('div', { class: 'scroll-x', tabindex: '0', role: 'region', 'aria-label': label(series) },
        h('table', { class: 'data' },
            h('caption', { class: 'unseen' }, label(series)),
            h('thead', {}, h('tr', {}, head.map((text) => h('th', { scope: 'col' }, text)))),
            h('tbody', {}, rows)));
}

// Where a chart would be when its data could not be read.
export function missing(metric, error) {
    return append(h('p', { class: 'wrong' }), [S.chart.failed(label(metric), error.message)]);
}
