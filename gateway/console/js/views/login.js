// The sign-in page. The address is kept, so that one goes on where one was.

import * as api from '../api.js';
import { h, replace, setText } from '../dom.js';
import { title } from '../shell.js';
import { S } from '../strings.js';

const L = S.login;

export function login(root, reason, done) {
    title(L.title);
    const wrong = h('p', { class: 'wrong', role: 'alert' }, reason === 'ended' ? L.ended : reason ?? '');
    const user = h('input', { id: 'user', name: 'username', autocomplete: 'username', required: true, autocapitalize: 'none', spellcheck: 'false' });
    const password = h('input', { id: 'password', name: 'password', type: 'password', autocomplete: 'current-password', required: true });
    const button = h('button', { type: 'submit', class: 'primary' }, L.submit);
    const fail = (text) => {
        setText(wrong, text);
        password.value = '';
        (user.value ? password : user).focus();
    };
    const submit = async (event) => {
        event.preventDefault();
        if (!user.value.trim() || !password.value) {
            fail(L.empty);
            return;
        }
        button.disabled = true;
        setText(button, L.busy);
        setText(wrong, '');
        try {
            done(await api.post('/session', { user: user.value.trim(), password: password.value }, { quiet: true }));
        } catch (error) {
            const words = { 401: L.wrong, 429: L.locked }[error.status];
            fail(words ?? error.message);
        } finally {
            button.disabled = false;
            setText(button, L.submit);
        }
    };
    const form = h('form', { class: 'login', on: { submit }, novalidate: true },
        h('div', { class: 'brand' }, h('img', { src: 'icon.svg', alt: '', width: '34', height: '34' }), S.product),
        h('h1', {}, L.title), h('p', { class: 'lead' }, L.lead),
        h('label', { for: 'user' }, L.user), user,
        h('label', { for: 'password' }, L.password), password,
        wrong, button);
    replace(root, h('main', { id: 'main', class: 'login-page' }, form));
    user.focus();
}
