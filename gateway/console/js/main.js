// Starts the console: who is signed in, which page the address names, and the keys
// that work everywhere.

import * as api from './api.js';
import { setRole } from './actions.js';
import { undoLast } from './notices.js';
import { Feed } from './feed.js';
import { tick } from './format.js';
import * as keys from './keys.js';
import { go, listen, place } from './router.js';
import { keySheet, Shell } from './shell.js';
import { login } from './views/login.js';
import { TriageView } from './views/triage.js';

const TICK_MS = 5000;
const root = document.getElementById('app');
const feed = new Feed(`${api.base}/feed`);
const tabs = 'BroadcastChannel' in globalThis ? new BroadcastChannel('tocsin.session') : null;

let shell = null;
let view = null;
let viewName = '';

// Pages other than the list are fetched when they are first opened.
const PAGES = {
    alerts: async () => TriageView,
    devices: async () => (await import('./views/devices.js')).DevicesView,
    device: async () => (await import('./views/device.js')).DeviceView,
    packs: async () => (await import('./views/packs.js')).PacksView,
    status: async () => (await import('./views/status.js')).StatusView,
    lost: async () => (await import('./views/lost.js')).LostView,
};

function pageOf({ parts }) {
    const [first = 'alerts', second] = parts;
    if (first === 'devices' && second) {
        return 'device';
    }
    return first in PAGES && first !== 'device' ? first : 'lost';
}

let turn = 0;
async function show(route) {
    if (!shell) {
        return;
    }
    const name = pageOf(route);
    if (view && name === viewName && name !== 'lost') {
        view.update(route);
        return;
    }
    turn += 1;
    const mine = turn;
    const Page = await PAGES[name]();
    if (mine !== turn || !shell) {
        return;
    }
    const first = viewName === '';
    view?.destroy();
    shell.main.replaceChildren();
    shell.section(name === 'device' ? 'devices' : name);
    viewName = name;
    view = new Page(shell.main, { feed });
    view.update(route);
    if (!first) {
        shell.main.focus({ preventScroll: true });
    }
}

function signedIn(session) {
    api.setCsrf(session.csrf);
    setRole(session.role);
    feed.start();
    shell = new Shell(root, { session, feed, signOut });
    listen(show);
}

function signedOut(reason) {
    feed.stop();
    api.setCsrf('');
    view?.destroy();
    [view, viewName, shell] = [null, '', null];
    login(root, reason, (session) => {
        tabs?.postMessage('in');
        signedIn(session);
    });
}

async function signOut() {
    try {
        await api.remove('/session');
    } catch {
        // Signed out or not reachable: this page forgets either way.
    }
    tabs?.postMessage('out');
    signedOut(null);
}

async function begin() {
    api.whenSignedOut(() => {
        if (shell) {
            signedOut('ended');
        }
    });
    tabs?.addEventListener('message', (message) => {
        if (message.data === 'out' && shell) {
            signedOut('ended');
        } else if (message.data === 'in' && !shell) {
            location.reload();
        }
    });
    bindKeys();
    setInterval(tick, TICK_MS);
    try {
        signedIn(await api.get('/session', { quiet: true }));
    } catch (error) {
        signedOut(error.status === 401 ? null : error.message);
    }
}

function bindKeys() {
    const to = (...parts) => ({ run: () => go(place(parts)) });
    keys.bind({
        'g a': to('alerts'), 'g d': to('devices'), 'g p': to('packs'), 'g s': to('status'),
        '?': { run: keySheet }, z: { run: undoLast }, t: { run: () => shell?.nextTheme() },
        '/': { run: () => document.querySelector('input[type=search]')?.focus() },
    });
    keys.start();
    addEventListener('keydown', (event) => {
        if (event.key === 'Escape' && event.target instanceof HTMLElement && event.target.matches('input[type=search]')) {
            event.target.blur();
        }
    }, true);
}

begin();
