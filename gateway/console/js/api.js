// The gateway's REST interface. Failures become a Problem whose message is a
// sentence for a person: what went wrong and what to do about it.

import { S } from './strings.js';

export class Problem extends Error {
    constructor(status, detail, errors = []) {
        super(sentence(status, detail, errors));
        this.status = status;
        this.detail = detail;
    }
}

function sentence(status, detail, errors) {
    const told = [stop(detail), ...errors.map((e) => stop(`${e.field}: ${e.detail}`))].filter(Boolean).join(' ');
    if (status === 0) {
        return S.problem.offline;
    }
    if (status === 400 || status === 413 || status === 422) {
        return told || S.problem.strange;
    }
    const remedy = {
        403: S.problem.forbidden, 404: S.problem.missing, 409: S.problem.conflict, 429: S.problem.tooMany,
    }[status] ?? (status >= 500 ? S.problem.server : S.problem.strange);
    return told ? `${told} ${remedy}` : remedy;
}

function stop(text) {
    const clean = String(text ?? '').trim();
    if (clean === '') {
        return '';
    }
    const capital = clean.charAt(0).toUpperCase() + clean.slice(1);
    return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

let csrf = '';
let onSignedOut = () => {};

export const base = 'api/v1';
export function setCsrf(token) {
    csrf = token ?? '';
}
// Called once for each answer that says that nobody is signed in.
export function whenSignedOut(callback) {
    onSignedOut = callback;
}

async function call(method, path, { body, signal, keepalive, quiet } = {}) {
    const headers = { Accept: 'application/json' };
    if (body !== undefined) {
        headers['Content-Type'] = 'application/json';
    }
    if (method !== 'GET' && csrf) {
        headers['X-CSRF-Token'] = csrf;
    }
    let answer;
    try {
        answer = await fetch(`${base}${path}`, {
            method, headers, signal, keepalive, cache: 'no-store', credentials: 'same-origin',
            body: body === undefined ? undefined : JSON.stringify(body),
        });
    } catch (error) {
        if (error.name === 'AbortError') {
            throw error;
        }
        throw new Problem(0, '');
    }
    const data = await content(answer);
    if (answer.ok) {
        return data;
    }
    if (answer.status === 401 && !quiet) {
        onSignedOut();
    }
    throw new Problem(answer.status, data?.detail ?? data?.title ?? '', data?.errors ?? []);
}

async function content(answer) {
    const text = answer.status === 204 ? '' : await answer.text();
    if (text === '') {
        return null;
    }
    try {
        return JSON.parse(text);
    } catch {
        if (answer.ok) {
            throw new Problem(200, '');
        }
        return null;
    }
}

export const get = (path, options) => call('GET', path, options);
export const post = (path, body = {}, options = {}) => call('POST', path, { ...options, body });
export const remove = (path, options) => call('DELETE', path, options);

// A query string from what is set; empty values are left out.
export function query(values) {
    const params = new URLSearchParams();
    for (const [name, value] of Object.entries(values)) {
        if (value !== '' && value !== null && value !== undefined) {
            params.set(name, value);
        }
    }
    const text = params.toString();
    return text ? `?${text}` : '';
}

export const part = encodeURIComponent;
