// Builds elements. Text only ever becomes a text node, so nothing that a device
// or a customer wrote can become markup; links are held to a few safe schemes.

const SAFE_LINK = /^(#|\.\/|mailto:|tel:)/;
const SVG = 'http://www.w3.org/2000/svg';

// h('a', {class: 'x', href: '#/y', on: {click: f}}, 'text', child, ...)
export function h(tag, props = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(props)) {
        setProp(element, name, value);
    }
    append(element, children);
    return element;
}

function setProp(element, name, value) {
    if (value === null || value === undefined || value === false) {
        return;
    }
    if (name === 'on') {
        for (const [event, handler] of Object.entries(value)) {
            element.addEventListener(event, handler);
        }
    } else if (name === 'data') {
        Object.assign(element.dataset, value);
    } else if (name === 'href' && !SAFE_LINK.test(value)) {
        element.setAttribute('data-refused-link', '');
    } else if (name === 'style' || name.startsWith('on')) {
        throw new Error(`h(): ${name} is not set through attributes here`);
    } else {
        element.setAttribute(name, value === true ? '' : String(value));
    }
}

export function append(element, children) {
    for (const child of children.flat(Infinity)) {
        if (child === null || child === undefined || child === false) {
            continue;
        }
        element.append(child instanceof Node ? child : document.createTextNode(String(child)));
    }
    return element;
}

export function replace(element, ...children) {
    element.replaceChildren();
    return append(element, children);
}

// Writes only when it differs, so that selections and screen readers rest.
export function setText(element, text) {
    if (element.textContent !== text) {
        element.textContent = text;
    }
}

export function svg(tag, props = {}, ...children) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(props)) {
        element.setAttribute(name, String(value));
    }
    element.append(...children);
    return element;
}

let ids = 0;
export function freshId(stem) {
    ids += 1;
    return `${stem}-${ids}`;
}
