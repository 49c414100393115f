// The icons, as paths on a 16 x 16 grid. Severities differ in shape, not only in
// colour: octagon, triangle, circle.

import { svg } from './dom.js';

const FILLED = {
    critical: 'M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1zM7.2 4v5h1.6V4zM7.2 10.5v1.7h1.6v-1.7z',
    major: 'M8 1.2 15.4 14.4H.6zM7.2 5.8v4.4h1.6V5.8zM7.2 11.3v1.6h1.6v-1.6z',
    minor: 'M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3zM7.2 4.6h1.6v1.6H7.2zM7.2 7.3h1.6v4.2H7.2z',
    dot: 'M8 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8z',
};

const LINES = {
    alerts: 'M8 2c-2.5 0-3.8 1.8-4 4.3-.2 2.4-.6 3.6-1.6 4.7h11.2c-1-1.1-1.4-2.3-1.6-4.7C11.8 3.8 10.5 2 8 2zM6.5 13a1.5 1.5 0 0 0 3 0',
    devices: 'M4 1.5h8v13H4zM4 6h8M6 3.5v1M6 8v2.5',
    packs: 'M8 1.5 14 4.5v7L8 14.5 2 11.5v-7zM2 4.5l6 3 6-3M8 7.5v7',
    status: 'M1.5 8.5h3l2-5 3 9 2-4h3',
    sun: 'M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1.1 1.1M11.9 11.9 13 13M13 3l-1.1 1.1M4.1 11.9 3 13',
    moon: 'M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7z',
    auto: 'M2 3h12v8H2zM6 14h4M8 11v3',
    help: 'M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM6 6.2a2 2 0 1 1 2.6 1.9c-.4.2-.6.4-.6.9v.5M8 11.2v.6',
    out: 'M6 2H2.5v12H6M10 4.5 13.5 8 10 11.5M13.5 8H6',
    check: 'M3 8.5 6.5 12 13 4.5',
    clock: 'M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM8 4.5V8l2.5 1.5',
    done: 'M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM5 8.2 7.2 10.4 11 6',
    note: 'M3 2h10v8l-3.5 4H3zM9.5 14v-4H13M5.5 5.5h5M5.5 8h3',
    close: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
    search: 'M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM10.5 10.5 14 14',
    online: 'M2 6.5a9 9 0 0 1 12 0M4.3 9a5.5 5.5 0 0 1 7.4 0M6.5 11.5a2.2 2.2 0 0 1 3 0',
    offline: 'M2 6.5a9 9 0 0 1 12 0M4.3 9a5.5 5.5 0 0 1 7.4 0M2.5 13.5l11-11',
    asleep: 'M3 4h4.5L3 9.5h4.5M9 7.5h4L9 12.5h4',
    off: 'M8 1.5v6M4.5 4a5.5 5.5 0 1 0 7 0',
    unknown: 'M6 6.2a2 2 0 1 1 2.6 1.9c-.4.2-.6.4-.6.9v.5M8 11.2v.6',
    retry: 'M13.5 8a5.5 5.5 0 1 1-1.7-4M13.5 1.5V4.5h-3',
    back: 'M9.5 3 4.5 8l5 5',
    next: 'M6.5 3l5 5-5 5',
    up: 'M8 13V3M4 7l4-4 4 4',
    down: 'M8 3v10M4 9l4 4 4-4',
    test: 'M6 1.5h4M7 1.5v4.5L3 13.5h10L9 6V1.5M5 10h6',
    people: 'M6 3a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5zM1.5 13.5c.3-2.5 2-4 4.5-4s4.2 1.5 4.5 4M10.5 3.5a2 2 0 1 1 .5 4M11.5 9.7c1.8.3 2.8 1.7 3 3.8',
};

// An icon is decoration: the word always stands beside it or in its button's name.
export function icon(name) {
    const path = FILLED[name] ?? LINES[name];
    const mark = svg('path', { d: path ?? LINES.unknown });
    const box = svg('svg', { viewBox: '0 0 16 16', 'aria-hidden': 'true', focusable: 'false' }, mark);
    box.setAttribute('class', FILLED[name] ? 'icon filled' : 'icon');
    if (FILLED[name]) {
        mark.setAttribute('fill-rule', 'evenodd');
    }
    return box;
}
