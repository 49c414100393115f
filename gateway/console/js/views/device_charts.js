// All metrics of a device over the chosen range, one chart each, one cursor for all.

import * as api from '../api.js';
import { chart, missing } from '../chart.js';
import { held } from '../chart_drawing.js';
import { h, replace, setText } from '../dom.js';
import { ZONE } from '../format.js';
import { S } from '../strings.js';

export const RANGES_MS = { hour: 3600000, day: 86400000, week: 7 * 86400000, month: 30 * 86400000 };
const POINTS = 400;

// Whether it is the appliance's: a pack knows it. The gateway calls what nobody knows
// "metric 999"; from 60000 on it is what the agent measures of its own machine.
const SYSTEM_FIRST = 60000;
export const isNamed = (one) => one.metric < SYSTEM_FIRST && !/^metric \d+$/.test(one.name);

export class DeviceCharts {
    element = h('div', { class: 'charts' });
    #charts = [];
    #load = null;

    clear() {
        this.#load?.abort();
        this.#charts.forEach((one) => one.destroy());
        this.#charts = [];
    }

    async show(device, range) {
        this.clear();
        this.#load = new AbortController();
        const signal = this.#load.signal;
        const to_ms = Date.now();
        const from_ms = to_ms - RANGES_MS[range];
        if (device.latest.length === 0) {
            replace(this.element, h('p', { class: 'muted' }, S.device.noValues));
            return;
        }
        const named = device.latest.filter(isNamed);
        const shown = [...(named.length ? named : device.latest)].sort((a, b) => (a.unit === 'bool') - (b.unit === 'bool'));
        const places = shown.map((one) => h('div', { class: one.unit === 'bool' ? 'chart-place low' : 'chart-place' }));
        const empty = [];
        const emptyLine = h('p', { class: 'muted', hidden: true });
        replace(this.element, places, emptyLine, h('p', { class: 'muted small' }, S.chart.coarse, ' ', S.chart.zone(ZONE)));
        await Promise.all(shown.map(async (one, index) => {
            const query = { metric: one.metric, instance: one.instance, from_ms, to_ms, points: POINTS };
            const metric = { ...one, label: (one.label || one.name) + (one.instance ? ` ${S.device.unit(one.instance)}` : '') };
            try {
                const series = await api.get(`/devices/${api.part(device.id)}/series${api.query(query)}`, { signal });
                if (held(series, from_ms, to_ms).length === 0) {
                    empty.push(metric.label);
                    places[index].remove();
                    emptyLine.hidden = false;
                    setText(emptyLine, S.device.noReading(empty.join(', ')));
                    return;
                }
                const drawn = chart({
                    series: { ...series, ...metric, points: series.points }, from_ms, to_ms, group: 'device',
                    height: one.unit === 'bool' ? 84 : 150,
                });
                this.#charts.push(drawn);
                places[index].append(drawn.element);
            } catch (error) {
                if (error.name !== 'AbortError') {
                    places[index].append(missing(metric, error));
                }
            }
        }));
    }
}
