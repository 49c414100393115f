// Questions on top of the page, as native dialogs: the browser keeps the focus inside
// and gives it back. open() resolves to the form's answer, or null when left.

import { append, freshId, h, setText } from './dom.js';
import { S } from './strings.js';

// fields: nodes. read(): returns {value} or {fault: sentence, at: element}.
export function ask({ title, lead, fields, submit, read, wide }) {
    return new Promise((resolve) => {
        const id = freshId('dialog');
        const wrong = h('p', { class: 'wrong', role: 'alert' });
        let answer = null;
        const send = (event) => {
            event?.preventDefault();
            const result = read();
            if (result.fault) {
                setText(wrong, result.fault);
                result.at?.focus();
                return;
            }
            answer = result.value;
            dialog.close();
        };
        const form = h('form', { on: { submit: send }, novalidate: true });
        const dialog = h('dialog', { 'aria-labelledby': id, class: wide ? 'wide' : null }, form);
        append(form, [
            h('h2', { id }, title),
            lead ? h('p', { class: 'lead' }, lead) : null,
            fields,
            wrong,
            h('div', { class: 'buttons' },
                h('button', { type: 'button', class: 'plain', on: { click: () => dialog.close() } }, S.cancel),
                submit ? h('button', { type: 'submit', class: 'primary' }, submit) : null),
        ]);
        form.answer = (value) => {
            answer = value;
            dialog.close();
        };
        dialog.addEventListener('keydown', (event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
                send(event);
            }
        });
        closeOutside(dialog);
        dialog.addEventListener('close', () => {
            dialog.remove();
            resolve(answer);
        });
        document.body.append(dialog);
        dialog.showModal();
    });
}

function closeOutside(dialog) {
    dialog.addEventListener('click', (event) => {
        if (event.target === dialog) {
            dialog.close();
        }
    });
}

// Something to read, with a button that closes it.
export function sheet(title, content) {
    const id = freshId('sheet');
    const dialog = h('dialog', { 'aria-labelledby': id, class: 'wide' },
        h('h2', { id }, title), content,
        h('div', { class: 'buttons' },
            h('button', { type: 'button', class: 'primary', on: { click: () => dialog.close() } }, S.close)));
    closeOutside(dialog);
    dialog.addEventListener('close', () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
}
