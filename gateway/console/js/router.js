// The address after '#' is the place and its filters: '#/alerts/12?severity=critical'.
// One file serves every page, behind any prefix, and an address can be mailed.

let handler = () => {};

export function current() {
    const [path, search = ''] = location.hash.replace(/^#/, '').split('?');
    const parts = path.split('/').filter(Boolean).map(decode);
    return { parts, params: new URLSearchParams(search) };
}

function decode(text) {
    try {
        return decodeURIComponent(text);
    } catch {
        return text;
    }
}

// An address as text, for links. Empty values are left out.
export function place(parts, params = {}) {
    const search = new URLSearchParams();
    const entries = params instanceof URLSearchParams ? params.entries() : Object.entries(params);
    for (const [name, value] of entries) {
        if (value !== '' && value !== null && value !== undefined) {
            search.set(name, value);
        }
    }
    const tail = search.toString();
    return `#/${parts.map(encodeURIComponent).join('/')}${tail ? `?${tail}` : ''}`;
}

export function go(hash, { replace = false } = {}) {
    if (hash === location.hash) {
        return;
    }
    if (replace) {
        history.replaceState(null, '', hash);
    } else {
        history.pushState(null, '', hash);
    }
    handler(current());
}

export function listen(callback) {
    handler = callback;
    addEventListener('hashchange', () => handler(current()));
    handler(current());
}
