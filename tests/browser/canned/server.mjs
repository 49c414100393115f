// A canned gateway: serves the console's files and answers as docs/openapi.yaml says,
// from memory. It is no gateway: it is for what a real one cannot be made to do on
// demand (10,000 alerts, a feed that breaks, hostile names, a lost race).

import http from 'node:http';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as data from './data.mjs';

const CONSOLE = fileURLToPath(new URL('../../../gateway/console', import.meta.url));
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const RANK = { critical: 0, major: 1, minor: 2 };
const CSRF = 'canned-csrf';

export class Canned {
    requests = [];
    down = false;
    role = 'agent';
    #feeds = new Set();
    #told = [];
    #no = 100;
    #server = http.createServer((req, res) => this.#answer(req, res));

    constructor({ alerts = 30, nasty = false } = {}) {
        this.nasty = nasty;
        this.now = Date.now();
        this.devices = Array.from({ length: Math.max(8, Math.ceil(alerts / 3)) }, (_, i) => data.makeDevice(i, this.now, nasty));
        this.alerts = [];
        this.logs = new Map();
        for (let i = 0; i < alerts; i += 1) {
            const alert = this.#open(i % this.devices.length, i % data.RULES.length, this.now - (i + 1) * 60000);
            if (nasty && i === 0) {
                alert.title = alert.headline = data.NASTY;
            }
        }
        this.dead = [data.deadLetter(this.now, nasty)];
    }

    async listen() {
        await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
        this.url = `http://127.0.0.1:${this.#server.address().port}/`;
        return this;
    }

    close() {
        this.#feeds.forEach((feed) => feed.destroy());
        this.#server.closeAllConnections();
        this.#server.close();
    }

    get followers() {
        return this.#feeds.size;
    }

    #open(device, rule, opened_ms) {
        const alert = data.makeAlert(this.alerts.length + 1, this.devices[device], data.RULES[rule], opened_ms);
        this.alerts.push(alert);
        this.logs.set(alert.id, [{ at_ms: opened_ms, arrival_ms: opened_ms + 3, move: 'opened', actor: 'data', reason: '' }]);
        const owner = this.devices[device];
        owner.open_alerts += 1;
        if (owner.worst_severity === null || RANK[alert.severity] < RANK[owner.worst_severity]) {
            owner.worst_severity = alert.severity;
        }
        return alert;
    }

    raise(device = 1, rule = 0) {
        const alert = this.#open(device, rule, Date.now());
        this.#tell('alert.opened', alert);
        return alert;
    }

    // The gateway goes away: answers nothing and drops every feed.
    goDown(down) {
        this.down = down;
        if (down) {
            this.#feeds.forEach((feed) => feed.destroy());
        }
    }

    move(alert, change, type, log) {
        Object.assign(alert, change);
        const now = Date.now();
        this.logs.get(alert.id).push({ at_ms: now, arrival_ms: now, reason: '', ...log });
        this.#tell(type, alert);
    }

    #tell(type, alert) {
        this.#no += 1;
        const { title, model, device_name, customer, presence, presence_ms, ...bare } = alert;
        const body = { no: this.#no, at_ms: Date.now(), type, device: alert.device, alert: bare };
        const text = `id: ${this.#no}\nevent: ${type}\ndata: ${JSON.stringify(body)}\n\n`;
        this.#told.push({ no: this.#no, text });
        this.#feeds.forEach((feed) => feed.write(text));
    }

    async #answer(req, res) {
        const url = new URL(req.url, 'http://canned');
        const place = decodeURIComponent(url.pathname);
        if (!place.startsWith('/api/v1/')) {
            await this.#file(place, res);
            return;
        }
        if (this.down) {
            req.socket.destroy();
            return;
        }
        let text = '';
        for await (const chunk of req) {
            text += chunk;
        }
        const parts = url.pathname.slice('/api/v1/'.length).split('/').map(decodeURIComponent);
        this.requests.push({ method: req.method, place, body: text ? JSON.parse(text) : null });
        this.#api(req, res, { parts, params: url.searchParams, body: text ? JSON.parse(text) : {} });
    }

    async #file(place, res) {
        const name = place === '/' ? '/index.html' : path.posix.normalize(place);
        const file = name.startsWith('/vendor/uplot/')
            ? path.join(CONSOLE, 'node_modules/uplot/dist', path.basename(name)) : path.join(CONSOLE, name);
        try {
            const content = await readFile(file);
            res.writeHead(200, { 'content-type': TYPES[path.extname(file)] ?? 'text/plain', 'content-security-policy': POLICY });
            res.end(content);
        } catch {
            res.writeHead(404).end();
        }
    }

    #api(req, res, { parts, params, body }) {
        const json = (status, value) => {
            res.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' });
            res.end(value === undefined ? '' : JSON.stringify(value));
        };
        const problem = (status, detail) => json(status, { type: 'about:blank', title: http.STATUS_CODES[status], status, detail });
        const signedIn = /tocsin_session=good/.test(req.headers.cookie ?? '');
        const [first, id, verb] = parts;
        if (first === 'session') {
            this.#session(req, res, { json, problem, body, signedIn });
        } else if (!signedIn) {
            problem(401, 'No valid session');
        } else if (req.method !== 'GET' && req.headers['x-csrf-token'] !== CSRF) {
            problem(403, 'The CSRF token is missing');
        } else if (first === 'feed') {
            this.#feed(req, res);
        } else if (first === 'alerts') {
            this.#alerts({ id, verb, params, body, json, problem });
        } else if (first === 'devices') {
            this.#devices({ id, verb, params, json, problem });
        } else {
            this.#others({ first, id, verb, json, problem });
        }
    }

    #session(req, res, { json, problem, body, signedIn }) {
        const session = { user: 'demo', role: this.role, csrf: CSRF };
        if (req.method === 'POST' && body.password !== 'demo-password') {
            problem(401, 'User or password is wrong');
        } else if (req.method === 'POST') {
            res.setHeader('set-cookie', 'tocsin_session=good; HttpOnly; SameSite=Strict; Path=/');
            json(200, session);
        } else if (req.method === 'DELETE') {
            res.setHeader('set-cookie', 'tocsin_session=; Max-Age=0; Path=/');
            json(204);
        } else if (signedIn) {
            json(200, session);
        } else {
            problem(401, 'No valid session');
        }
    }

    #feed(req, res) {
        res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
        res.write(': canned\n\n');
        const last = Number(req.headers['last-event-id'] ?? Infinity);
        this.#told.filter((one) => one.no > last).forEach((one) => res.write(one.text));
        this.#feeds.add(res);
        res.on('close', () => this.#feeds.delete(res));
    }

    #page(all, params, json) {
        const [limit, after] = [Number(params.get('limit') ?? 100), Number(params.get('after') ?? 0)];
        json(200, { items: all.slice(after, after + limit), next: after + limit < all.length ? String(after + limit) : null });
    }

    #alerts({ id, verb, params, body, json, problem }) {
        if (!id) {
            this.#page(this.#asked(params), params, json);
            return;
        }
        const alert = this.alerts.find((one) => one.id === Number(id));
        if (!alert) {
            problem(404, `There is no alert ${id}`);
        } else if (verb && alert.state === 'resolved' && verb !== 'note') {
            problem(409, `The alert was resolved by ${alert.resolved_by}`);
        } else {
            const now = Date.now();
            const actor = 'user:demo';
            const moves = {
                acknowledge: () => this.move(alert, { state: 'acknowledged', acked_by: actor, acked_ms: now }, 'alert.acknowledged', { move: 'acknowledged', actor }),
                snooze: () => this.move(alert, { snoozed_until_ms: body.until_ms }, 'alert.snoozed', { move: body.until_ms ? 'snoozed' : 'unsnoozed', actor }),
                resolve: () => this.move(alert, { state: 'resolved', resolution: body.reason, resolved_by: actor, resolved_ms: now }, 'alert.resolved', { move: 'resolved', actor, reason: body.note ?? '' }),
                note: () => this.move(alert, {}, 'alert.noted', { move: 'noted', actor, reason: body.text }),
            };
            moves[verb]?.();
            json(200, data.details(alert, this.logs.get(alert.id), this.nasty && alert.id === 1));
        }
    }

    #asked(params) {
        const is = (name, value) => !params.get(name) || params.get(name).split(',').includes(value);
        const text = (params.get('q') ?? '').toLowerCase();
        const snoozed = params.get('snoozed');
        const found = this.alerts.filter((alert) => is('state', alert.state) && is('device', alert.device) && is('rule', alert.rule) &&
            is('model', alert.model) && is('customer', alert.customer?.id) &&
            (snoozed === null || (alert.snoozed_until_ms > Date.now()) === (snoozed === '1')) &&
            [alert.device, alert.device_name, alert.model, alert.rule, alert.customer?.name ?? ''].some((one) => one.toLowerCase().includes(text)));
        const rank = params.get('sort') === 'newest' ? () => 0 : (alert) => RANK[alert.severity];
        return found.sort((a, b) => rank(a) - rank(b) || b.opened_ms - a.opened_ms || b.id - a.id);
    }

    #devices({ id, verb, params, json, problem }) {
        if (!id) {
            const text = (params.get('q') ?? '').toLowerCase();
            this.#page(this.devices.filter((one) => (!params.get('presence') || one.presence === params.get('presence')) &&
                [one.id, one.name, one.model, one.serial].some((field) => field.toLowerCase().includes(text))), params, json);
            return;
        }
        const index = this.devices.findIndex((one) => one.id === id);
        if (index < 0) {
            problem(404, `There is no device ${id}`);
        } else if (verb === 'series') {
            json(200, data.series(params));
        } else if (verb === 'timeline') {
            json(200, { items: data.timeline(this.now, this.nasty), next: null });
        } else if (verb === 'test-alert') {
            const alert = this.raise(index, 2);
            alert.test = true;
            json(202, { alert: alert.id });
        } else {
            json(200, data.deviceDetails(this.devices[index], Date.now(), this.nasty && index === 0));
        }
    }

    #others({ first, id, verb, json, problem }) {
        if (first === 'packs') {
            json(200, { items: data.packs(this.nasty), next: null });
        } else if (first === 'status') {
            json(200, data.status(Date.now()));
        } else if (first === 'outbox' && verb === 'replay') {
            const [letter] = this.dead.splice(this.dead.findIndex((one) => one.id === Number(id)), 1);
            json(200, { ...letter, state: 'ready' });
        } else if (first === 'outbox') {
            json(200, { items: this.dead, next: null });
        } else {
            problem(404, 'There is no such thing');
        }
    }
}
