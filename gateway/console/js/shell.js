// The frame around every page: sections, the live feed's state, theme, keyboard sheet.

import { append, h, replace, setText } from './dom.js';
import { icon } from './icons.js';
import { clock } from './format.js';
import { sheet } from './dialog.js';
import * as keys from './keys.js';
import { place } from './router.js';
import { S } from './strings.js';

const SECTIONS = ['alerts', 'devices', 'packs', 'status'];
const THEMES = ['auto', 'light', 'dark'];
const THEME_ICONS = { auto: 'auto', light: 'sun', dark: 'moon' };

export class Shell {
    main = h('main', { id: 'main', tabindex: '-1' });
    #links = new Map();
    #feed = h('div', { class: 'feed', role: 'status', 'aria-live': 'polite' });
    #stale = h('div', { class: 'stale', hidden: true });
    #theme = h('button', { type: 'button', class: 'quiet', on: { click: () => this.nextTheme() } });

    constructor(root, { session, feed, signOut }) {
        for (const name of SECTIONS) {
            this.#links.set(name, h('a', { href: place([name]) }, icon(name), h('span', {}, S.nav[name])));
        }
        const skip = h('a', { class: 'skip', href: '#main', on: { click: (e) => this.#skip(e) } }, S.skip);
        const side = h('header', { class: 'side' },
            h('a', { class: 'brand', href: place(['alerts']) }, h('img', { src: 'icon.svg', alt: '', width: '22', height: '22' }), S.product),
            h('nav', { 'aria-label': S.nav.label }, [...this.#links.values()]),
            this.#feed,
            h('div', { class: 'tools' },
                this.#theme,
                h('button', { type: 'button', class: 'quiet', 'aria-label': S.nav.keys, title: `${S.nav.keys} (?)`, on: { click: keySheet } }, icon('help')),
                h('button', {
                    type: 'button', class: 'quiet', title: `${S.nav.signedInAs(session.user)}. ${S.nav.signOut}`,
                    'aria-label': `${S.nav.signOut} ${session.user}`, on: { click: signOut },
                }, icon('out'), h('span', { class: 'who' }, session.user))));
        replace(root, skip, side, h('div', { class: 'stage' }, this.#stale, this.main));
        this.#paintTheme();
        feed.addEventListener('state', () => this.#paintFeed(feed));
        this.#paintFeed(feed);
    }

    #skip(event) {
        event.preventDefault();
        this.main.focus();
    }

    section(name) {
        for (const [key, link] of this.#links) {
            if (key === name) {
                link.setAttribute('aria-current', 'page');
            } else {
                link.removeAttribute('aria-current');
            }
        }
    }

    // Says how live the page is, and since when it is not.
    #paintFeed(feed) {
        const { phase, alive_ms } = feed.state;
        if (this.#feed.dataset.phase !== phase) {
            this.#feed.dataset.phase = phase;
            replace(this.#feed, icon(phase === 'live' ? 'dot' : 'retry'), h('span', {}, S.feed[phase]));
            this.#feed.title = phase === 'live' ? S.feed.liveHint : '';
        }
        const bad = phase === 'retrying';
        this.#stale.hidden = !bad;
        if (bad) {
            const words = alive_ms ? S.feed.stale(clock(alive_ms)) : S.feed.never;
            if (this.#stale.dataset.words !== words) {
                this.#stale.dataset.words = words;
                replace(this.#stale, icon('major'), h('span', {}, words),
                    h('button', { type: 'button', class: 'link', on: { click: () => feed.retryNow() } }, S.feed.retry));
            }
        }
    }

    nextTheme() {
        const next = THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length];
        try {
            localStorage.setItem('tocsin.theme', next);
        } catch {
            // It then lasts as long as the page.
        }
        if (next === 'auto') {
            delete document.documentElement.dataset.theme;
        } else {
            document.documentElement.dataset.theme = next;
        }
        this.#paintTheme();
        dispatchEvent(new Event('tocsin.theme'));
    }

    #paintTheme() {
        replace(this.#theme, icon(THEME_ICONS[theme()]));
        this.#theme.setAttribute('aria-label', S.theme[theme()]);
        this.#theme.title = S.theme[theme()];
    }
}

const theme = () => document.documentElement.dataset.theme ?? 'auto';

const SHEET = [
    ['move', [[['j', '↓'], 'next'], [['k', '↑'], 'prev'], [['Home'], 'first'], [['End'], 'last'], [['Enter'], 'open'], [['Esc'], 'close']]],
    ['act', [[['a'], 'acknowledge'], [['s'], 'snooze'], [['r'], 'resolve'], [['n'], 'note'], [['z'], 'undo'], [['d'], 'device']]],
    ['go', [[['g', 'a'], 'alerts'], [['g', 'd'], 'devices'], [['g', 'p'], 'packs'], [['g', 's'], 'status']]],
    ['other', [[['u'], 'merge'], [['/'], 'search'], [['t'], 'theme'], [['?'], 'sheet']]],
];

export function keySheet() {
    const groups = SHEET.map(([group, rows]) => h('section', {},
        h('h3', {}, S.keys.groups[group]),
        h('dl', { class: 'keys' }, rows.map(([names, what]) => h('div', {},
            h('dt', {}, names.map((name, i) => [i && group === 'go' ? ` ${S.keys.then} ` : i ? ' ' : '', h('kbd', {}, name)])),
            h('dd', {}, group === 'go' ? S.nav[what] : S.keys[what]))))));
    const box = h('input', { type: 'checkbox', checked: keys.enabled(), on: { change: () => keys.setEnabled(box.checked) } });
    sheet(S.keys.title, [
        h('div', { class: 'key-groups' }, groups),
        h('label', { class: 'choice' }, box, h('span', {}, S.keys.toggle)),
        h('p', { class: 'muted' }, S.keys.lead),
    ]);
}

// The heading of a page, and its title in the tab.
export function title(text) {
    document.title = `${text} · ${S.product}`;
}

export function failure(error, ...more) {
    return append(h('div', { class: 'failure', role: 'alert' }, icon('major'), h('p', {}, error.message)), more);
}

export function busy(element, on) {
    element.setAttribute('aria-busy', String(on));
    return element;
}

export const note = (element, text) => setText(element, text);
