// What uPlot draws of one metric: the line and its band, the limits, the moments, and
// what stands under the cursor. uPlot is fetched when first needed.

import { setText } from './dom.js';
import { clock, moment, reading } from './format.js';

let library = null;
const load = () => (library ??= import('../vendor/uplot/uPlot.esm.js').then((m) => m.default));

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const steps = (series) => series.kind === 'state' || series.unit === 'bool';

// A state holds until its next word: from the one before the span, and on to its end
// or to now, as long as the pack lets it hold without a word.
export function held(series, from_ms, to_ms, now_ms = Date.now()) {
    if (!steps(series)) {
        return series.points;
    }
    const stale = series.stale_after_ms ?? Infinity;
    const points = [...series.points];
    const before = series.before;
    if (before && before.at_ms + stale > from_ms && points[0]?.[0] !== from_ms) {
        points.unshift([from_ms, before.value, before.value, before.value]);
    }
    const last = points.at(-1);
    if (last) {
        const word = series.points.length ? last[0] : before.at_ms;
        const end = Math.min(to_ms, now_ms, word + stale);
        if (end > last[0]) {
            points.push([end, last[2], last[2], last[2]]);
        }
    }
    return points;
}

// Columns for uPlot: seconds, average, lowest, highest. A gauge's long silence is a
// gap, not a line through what nobody measured.
export function columns(series) {
    const [time, mean, low, high] = [[], [], [], []];
    const spans = series.points.slice(1).map((p, i) => p[0] - series.points[i][0]).sort((a, b) => a - b);
    const usual = spans[Math.floor(spans.length / 2)] ?? 0;
    const gap = steps(series) ? Infinity : Math.max(usual * 6, 1);
    let last = null;
    for (const [at, min, avg, max] of series.points) {
        if (last !== null && at - last > gap) {
            time.push((last + 1) / 1000);
            mean.push(null);
            low.push(null);
            high.push(null);
        }
        time.push(at / 1000);
        mean.push(avg);
        low.push(min);
        high.push(max);
        last = at;
    }
    return [time, mean, low, high];
}

export class Drawing {
    #plot = null;
    #gone = false;
    #observer;

    constructor(spec, place, readout) {
        this.spec = spec;
        this.place = place;
        this.readout = readout;
        this.data = columns(spec.series);
        this.#observer = new ResizeObserver(() => this.#fit());
        this.#observer.observe(place);
    }

    async draw() {
        const Plot = await load();
        if (this.#gone || this.place.clientWidth === 0) {
            return;
        }
        this.#plot?.destroy();
        this.#plot = new Plot(this.#options(Plot), this.data, this.place);
    }

    destroy() {
        this.#gone = true;
        this.#observer.disconnect();
        this.#plot?.destroy();
    }

    #fit() {
        const width = this.place.clientWidth;
        if (!this.#plot) {
            this.draw();
        } else if (width && width !== this.#plot.width) {
            this.#plot.setSize({ width, height: this.spec.height });
        }
    }

    #options(Plot) {
        const { series, from_ms, to_ms, group, height } = this.spec;
        const ink = colour('chart-line');
        const path = steps(series) ? Plot.paths.stepped({ align: 1 }) : undefined;
        const edge = { stroke: 'transparent', width: 0, points: { show: false }, paths: path };
        return {
            width: this.place.clientWidth, height, pxAlign: 1, padding: [14, 20, 0, 0],
            legend: { show: false }, series: [{},
                { stroke: ink, width: 1.75, points: { show: series.points.length < 3 }, paths: path, fill: steps(series) ? colour('chart-band') : undefined },
                edge, { ...edge }],
            bands: [{ series: [3, 2], fill: colour('chart-band') }],
            cursor: {
                y: false, drag: { x: false, y: false },
                sync: group ? { key: group, setSeries: false } : undefined,
            },
            scales: { x: { range: () => [from_ms / 1000, to_ms / 1000] }, y: { range: (_, low, high) => this.#span(low, high) } },
            axes: this.#axes(),
            hooks: { draw: [(plot) => this.#overlay(plot)], setCursor: [(plot) => this.#say(plot)] },
        };
    }

    #span(low, high) {
        const { series, limits } = this.spec;
        if (series.unit === 'bool') {
            return [-0.1, 1.15];
        }
        const all = [low, high, ...limits.map((limit) => limit.value)].filter(Number.isFinite);
        const [bottom, top] = [Math.min(...all), Math.max(...all)];
        // Noise of a steady value is not blown up to the whole height.
        const least = Math.max(Math.abs(top), Math.abs(bottom)) * 0.05 || 1;
        const room = (top - bottom) * 0.12 + Math.max(0, least - (top - bottom)) / 2;
        return [bottom - room, top + room];
    }

    #axes() {
        const { series, from_ms, to_ms } = this.spec;
        const [ink, line] = [colour('muted'), colour('line')];
        const font = `11px ${getComputedStyle(document.body).fontFamily}`;
        const wide = to_ms - from_ms > 36 * 3600000;
        const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
        const time = (_, marks) => marks.map((at) => {
            const ms = at * 1000;
            const midnight = new Date(ms).getHours() === 0 && new Date(ms).getMinutes() === 0;
            return wide || midnight ? day.format(ms) : clock(ms);
        });
        const bool = series.unit === 'bool';
        const short = (_, marks) => marks.map((v) => (bool ? reading(v, 'bool', 'state') : v.toLocaleString()));
        const shared = { stroke: ink, font, grid: { stroke: line, width: 1 }, ticks: { show: false } };
        return [
            { ...shared, values: time, grid: { show: false }, size: 24, gap: 4, space: 64 },
            { ...shared, values: short, size: 52, gap: 6, space: 30, splits: bool ? () => [0, 1] : undefined },
        ];
    }

    // Limits and moments, over the line, with their words inside the drawing.
    #overlay(plot) {
        const { ctx, bbox } = plot;
        const scale = devicePixelRatio;
        ctx.save();
        ctx.beginPath();
        ctx.rect(bbox.left, 0, bbox.width, bbox.top + bbox.height);
        ctx.clip();
        ctx.font = `${11 * scale}px ${getComputedStyle(document.body).fontFamily}`;
        ctx.lineWidth = 1.25 * scale;
        this.spec.limits.forEach((limit) => this.#limit(plot, limit, scale));
        this.#marks(plot, scale);
        ctx.restore();
    }

    #limit({ ctx, bbox, valToPos }, limit, scale) {
        const y = Math.round(valToPos(limit.value, 'y', true));
        ctx.strokeStyle = colour('chart-limit');
        ctx.fillStyle = colour('chart-limit');
        ctx.setLineDash([5 * scale, 4 * scale]);
        stroke(ctx, bbox.left, y, bbox.left + bbox.width, y);
        ctx.textAlign = 'left';
        ctx.textBaseline = 'bottom';
        const { series } = this.spec;
        ctx.fillText(reading(limit.value, series.unit, series.kind), bbox.left + 4 * scale, y - 2 * scale);
    }

    // Words that would run into each other stand a line lower.
    #marks({ ctx, bbox, valToPos }, scale) {
        const right = bbox.left + bbox.width;
        let taken = -Infinity;
        ctx.textBaseline = 'top';
        for (const mark of [...this.spec.marks].sort((a, b) => a.at_ms - b.at_ms)) {
            const x = Math.round(valToPos(mark.at_ms / 1000, 'x', true));
            if (x < bbox.left || x > right) {
                continue;
            }
            ctx.strokeStyle = colour('chart-mark');
            ctx.fillStyle = colour('chart-mark');
            ctx.setLineDash([2 * scale, 2 * scale]);
            stroke(ctx, x, bbox.top, x, bbox.top + bbox.height);
            const width = ctx.measureText(mark.text).width + 4 * scale;
            const start = x + width < right ? x + 3 * scale : x - width;
            ctx.textAlign = 'left';
            ctx.fillText(mark.text, start, (start >= taken ? 1 : 14) * scale);
            taken = Math.max(taken, start + width + 4 * scale);
        }
    }

    #say(plot) {
        const at = plot.cursor.idx;
        const value = at === null || at === undefined ? null : this.data[1][at];
        if (value === null || value === undefined) {
            setText(this.readout, '');
            return;
        }
        const { unit: name, kind } = this.spec.series;
        const [low, high] = [this.data[2][at], this.data[3][at]];
        const span = low !== high ? ` (${reading(low, name, kind)} – ${reading(high, name, kind)})` : '';
        setText(this.readout, `${moment(this.data[0][at] * 1000)}  ${reading(value, name, kind)}${span}`);
    }
}

function stroke(ctx, x1, y1, x2, y2) {
    ctx.beginPath();
    ctx.moveTo(x1, y1);
    ctx.lineTo(x2, y2);
    ctx.stroke();
}
