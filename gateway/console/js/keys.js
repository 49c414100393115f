// The keyboard. Views give a table {key: {run, help, group}}; 'g a' is a chord.
// Single keys are off inside fields and dialogs, and can be switched off as a whole
// (WCAG 2.1.4).

const CHORD_MS = 1200;
const layers = [];
let chord = '';
let chordTimer = 0;

export function enabled() {
    try {
        return localStorage.getItem('tocsin.keys') !== 'off';
    } catch {
        return true;
    }
}

export function setEnabled(on) {
    try {
        localStorage.setItem('tocsin.keys', on ? 'on' : 'off');
    } catch {
        // Without storage the choice cannot outlive the page.
    }
}

// Adds a table; the newest is asked first. Returns what takes it away.
export function bind(table) {
    layers.unshift(table);
    return () => layers.splice(layers.indexOf(table), 1);
}

function find(name) {
    for (const layer of layers) {
        if (layer[name]) {
            return layer[name];
        }
    }
    return null;
}

const isPrefix = (name) => layers.some((layer) => Object.keys(layer).some((key) => key.startsWith(`${name} `)));

function typing(target) {
    return target instanceof HTMLElement &&
        (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

// Enter and space on a control are the control's own.
const ownsEnter = (target) => target instanceof HTMLElement && /^(A|BUTTON|SUMMARY)$/.test(target.tagName);

function pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) {
        return;
    }
    if (document.querySelector('dialog[open]') || (typing(event.target) && event.key !== 'Escape')) {
        return;
    }
    if (event.key === 'Enter' && ownsEnter(event.target)) {
        return;
    }
    const single = event.key.length === 1;
    if (single && !enabled()) {
        return;
    }
    const name = chord ? `${chord} ${event.key}` : event.key;
    setChord('');
    const bound = find(name);
    if (bound) {
        event.preventDefault();
        bound.run(event);
    } else if (single && isPrefix(name)) {
        setChord(name);
    }
}

function setChord(name) {
    clearTimeout(chordTimer);
    chord = name;
    if (name) {
        chordTimer = setTimeout(() => setChord(''), CHORD_MS);
    }
}

export function start() {
    addEventListener('keydown', pressed);
}
