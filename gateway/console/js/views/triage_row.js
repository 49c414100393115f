// One row of the triage list: made once, filled again and again as the list scrolls.

import { deviceName, headline, isSilent, state, tag } from '../badges.js';
import { h, replace, setText } from '../dom.js';
import { icon } from '../icons.js';
import { setTime, timeElement } from '../format.js';
import { S } from '../strings.js';

const T = S.triage;
const COLUMNS = ['severity', 'age', 'what', 'device', 'model', 'customer', 'state'];
const NARROW_PX = 720;

export const rowHeight = (grid) => {
    const narrow = grid.clientWidth > 0 && grid.clientWidth < NARROW_PX;
    grid.classList.toggle('cards', narrow);
    return narrow ? 84 : 44;
};

export function head() {
    return h('div', { class: 'row head', role: 'row', 'aria-rowindex': '1' },
        COLUMNS.map((name) => h('div', { role: 'columnheader', class: `cell ${name}` }, T.columns[name])));
}

export function makeRow() {
    const cells = Object.fromEntries(COLUMNS.map((name) => [name, h('div', { role: 'gridcell', class: `cell ${name}` })]));
    const parts = {
        severity: h('span', { class: 'badge severity' }),
        time: timeElement(1, { bare: true, focus: false }),
        link: h('a', { tabindex: '-1' }), tags: h('span', { class: 'tags' }),
        device: h('span', { class: 'device' }), id: h('span', { class: 'muted id' }),
    };
    cells.severity.append(parts.severity);
    cells.age.append(parts.time);
    cells.what.append(parts.link, parts.tags);
    cells.device.append(parts.device, parts.id);
    const row = h('div', { class: 'row alert', role: 'row' }, COLUMNS.map((name) => cells[name]));
    Object.assign(row, { cells_: cells, parts_: parts });
    return row;
}

export function fillRow(row, alert, index, look) {
    const { cells_: cells, parts_: parts } = row;
    row.dataset.id = String(alert.id);
    row.setAttribute('aria-rowindex', String(index + 2));
    row.setAttribute('aria-selected', String(look.selected));
    row.tabIndex = look.selected ? 0 : -1;
    row.className = ['row alert', alert.severity, look.open && 'open', look.left && 'left', look.fresh && 'new']
        .filter(Boolean).join(' ');
    paintSeverity(parts.severity, alert.severity);
    setTime(parts.time, alert.opened_ms);
    setText(parts.link, headline(alert));
    parts.link.setAttribute('href', look.href);
    replace(parts.tags, alert.test ? tag(T.test) : null, alert.late ? tag(T.late, T.lateHint) : null,
        isSilent(alert) ? silent(alert.presence) : null);
    setText(parts.device, deviceName(alert));
    setText(parts.id, alert.device_name && alert.device_name !== alert.device ? alert.device : '');
    setText(cells.model, alert.model || '–');
    setText(cells.customer, alert.customer?.name || '–');
    replace(cells.state, look.holding ? h('span', { class: 'state holding' }, icon('clock'), h('span', {}, `${S.actions[look.holding]}…`))
        : state(alert));
}

function silent(presence) {
    const name = S.presence[presence].toLowerCase();
    return h('span', { class: 'tag silent', title: S.alert.silentBanner(name) }, icon(presence), h('span', {}, T.silent(name)));
}

function paintSeverity(badge, name) {
    if (badge.dataset.name !== name) {
        badge.dataset.name = name;
        badge.className = `badge severity ${name}`;
        replace(badge, icon(name), S.severity[name] ?? name);
    }
}
