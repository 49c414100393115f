// An address that names no page.

import { h } from '../dom.js';
import { place } from '../router.js';
import { title } from '../shell.js';
import { S } from '../strings.js';

export class LostView {
    constructor(main) {
        title(S.notFound.title);
        main.append(h('div', { class: 'page empty' }, h('h1', {}, S.notFound.title), h('p', {}, S.notFound.lead),
            h('a', { href: place(['alerts']) }, S.notFound.home)));
    }

    update() {}

    destroy() {}
}
