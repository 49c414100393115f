// Times, ages, numbers and units as a person reads them.

import { h } from './dom.js';
import { S } from './strings.js';

const MIN = 60000;
const HOUR = 60 * MIN;
const DAY = 24 * HOUR;

const EXACT = new Intl.DateTimeFormat(undefined, {
    year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit',
    timeZoneName: 'short',
});
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const DAY_CLOCK = new Intl.DateTimeFormat(undefined, {
    weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit',
});
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

const UNITS = {
    celsius: '°C', kelvin: 'K', percent: '%', watt: 'W', kilowatt: 'kW', watt_hour: 'Wh', kilowatt_hour: 'kWh',
    volt: 'V', ampere: 'A', milliampere: 'mA', pascal: 'Pa', hectopascal: 'hPa', kilopascal: 'kPa', bar: 'bar',
    litre: 'l', litre_per_minute: 'l/min', litre_per_hour: 'l/h', hertz: 'Hz', rpm: 'rpm', second: 's', minute: 'min',
    hour: 'h', day: 'd', byte: 'B', kibibyte: 'KiB', mebibyte: 'MiB', decibel: 'dB', dbm: 'dBm', gram: 'g',
    kilogram: 'kg', metre: 'm', millimetre: 'mm', count: '', none: '', ratio: '', bool: '',
};

// How long between two times, in its largest useful unit: "3 min", "2 h", "5 d".
export function age(ms) {
    const span = Math.abs(ms);
    if (span < 5000) {
        return S.time.now;
    }
    if (span < MIN) {
        return `${Math.floor(span / 1000)} ${S.time.s}`;
    }
    if (span < HOUR) {
        return `${Math.floor(span / MIN)} ${S.time.min}`;
    }
    if (span < 2 * DAY) {
        return `${Math.floor(span / HOUR)} ${S.time.h}`;
    }
    return `${Math.floor(span / DAY)} ${S.time.d}`;
}

export function relative(at_ms, now_ms, bare) {
    const span = now_ms - at_ms;
    const words = age(span);
    if (bare || words === S.time.now) {
        return words;
    }
    return span >= 0 ? S.time.ago(words) : S.time.in(words);
}

export const exact = (at_ms) => EXACT.format(at_ms);
export const clock = (at_ms) => CLOCK.format(at_ms);
// A time of day, with its day when that is not today.
export function moment(at_ms, now_ms = Date.now()) {
    const today = new Date(at_ms).toDateString() === new Date(now_ms).toDateString();
    return (today ? CLOCK : DAY_CLOCK).format(at_ms);
}

// <time>: relative, kept fresh by tick(); exact on hover, and on focus when it can
// take focus (rows show it when the row has it).
export function timeElement(at_ms, { bare = false, focus = true, style = 'relative' } = {}) {
    if (!at_ms) {
        return h('span', { class: 'muted' }, S.time.never);
    }
    const text = style === 'moment' ? moment(at_ms) : relative(at_ms, Date.now(), bare);
    return h('time', {
        class: 'when', datetime: new Date(at_ms).toISOString(), tabindex: focus ? '0' : null,
        data: { exact: exact(at_ms), ms: String(at_ms), style, bare: bare ? '1' : '' },
    }, text);
}

export function setTime(element, at_ms) {
    const text = relative(at_ms, Date.now(), element.dataset.bare !== '');
    if (element.dataset.ms !== String(at_ms)) {
        element.dataset.ms = String(at_ms);
        element.dataset.exact = exact(at_ms);
        element.dateTime = new Date(at_ms).toISOString();
    }
    if (element.textContent !== text) {
        element.textContent = text;
    }
}

// Refreshes every relative time on the page.
export function tick(root = document) {
    for (const element of root.querySelectorAll('time[data-ms][data-style=relative]')) {
        setTime(element, Number(element.dataset.ms));
    }
}

export function unit(name) {
    if (!name) {
        return '';
    }
    return UNITS[name] ?? name.replaceAll('_', ' ');
}

export function number(value) {
    const size = Math.abs(value);
    const digits = size >= 1000 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : 2;
    return value.toLocaleString(undefined, { maximumFractionDigits: digits });
}

// A reading with its unit; a yes-or-no state as on and off.
export function reading(value, unitName, kind) {
    if (value === null || value === undefined || Number.isNaN(value)) {
        return S.unknown;
    }
    if (unitName === 'bool' && (value === 0 || value === 1)) {
        return value === 1 ? S.chart.on : S.chart.off;
    }
    if (unitName === 'watt_hour' && Math.abs(value) >= 10000) {
        return `${number(value / 1000)} kWh`;
    }
    if (unitName === 'bool' && kind === 'state') {
        return S.chart.share(`${number(value * 100)} %`);
    }
    const sign = unit(unitName);
    return sign ? `${number(value)}\u00a0${sign}` : number(value);
}

export function windowWords(ms) {
    if (!ms) {
        return '';
    }
    const parts = [[DAY, S.time.d], [HOUR, S.time.h], [MIN, S.time.min], [1000, S.time.s]];
    const [size, name] = parts.find(([part]) => ms >= part && ms % part === 0) ?? [1000, S.time.s];
    return `${number(ms / size)}\u00a0${name}`;
}

// A name from a pack, as words: "door_open" -> "door open".
export const words = (name) => String(name ?? '').replaceAll('_', ' ');
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
