// The live feed, one connection for all tabs of a browser: over HTTP/1.1 a seventh
// tab would hang. The tab that holds a Web Lock follows the feed and passes every
// event and state on; when it closes, the next tab gets the lock and goes on from
// the last number that it saw. Where locks are missing each tab follows for itself.
//
// Dispatches 'event' (detail: {id, type, data}), 'state' (detail: the state) and
// 'resync' (what was seen may have holes: read the lists again).
// State: {phase: 'connecting' | 'live' | 'retrying' | 'refused', alive_ms, retry_ms}.

import { follow } from './sse.js';

const SILENT_MS = 40000; // the gateway's heartbeat is 15 s: two may be late
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15000;
const TELL_MS = 5000; // how often other tabs hear that the feed still lives

export class Feed extends EventTarget {
    state = { phase: 'connecting', alive_ms: 0, retry_ms: 0 };
    #url;
    #last = null;
    #channel = null;
    #stop = null;
    #leads = false;
    #wake = null;
    #told_ms = 0;

    constructor(url) {
        super();
        this.#url = url;
    }

    start() {
        if (this.#stop) {
            return;
        }
        this.#stop = new AbortController();
        const signal = this.#stop.signal;
        if ('BroadcastChannel' in globalThis) {
            this.#channel = new BroadcastChannel('tocsin.feed');
            this.#channel.onmessage = (message) => this.#heard(message.data);
            this.#channel.postMessage({ kind: 'ask' });
        }
        if (navigator.locks && this.#channel) {
            navigator.locks
                .request('tocsin.feed', { signal }, () => this.#lead(signal))
                .catch(() => {});
        } else {
            this.#lead(signal);
        }
        addEventListener('online', () => this.retryNow(), { signal });
    }

    stop() {
        this.#stop?.abort();
        this.#channel?.close();
        this.#stop = null;
        this.#channel = null;
        this.#leads = false;
    }

    retryNow() {
        this.#wake?.();
        if (!this.#leads) {
            this.#channel?.postMessage({ kind: 'retry' });
        }
    }

    async #lead(signal) {
        this.#leads = true;
        let delay_ms = FIRST_RETRY_MS;
        while (!signal.aborted) {
            const began_ms = Date.now();
            const refused = await this.#once(signal);
            if (signal.aborted) {
                return;
            }
            if (refused === 401) {
                this.#become({ ...this.state, phase: 'refused' });
                return;
            }
            // A connection that held resets the back-off; short ones do not.
            delay_ms = Date.now() - began_ms > LAST_RETRY_MS ? FIRST_RETRY_MS : delay_ms;
            const pause_ms = delay_ms / 2 + Math.random() * (delay_ms / 2);
            this.#become({ ...this.state, phase: 'retrying', retry_ms: Date.now() + pause_ms });
            await this.#pause(pause_ms, signal);
            delay_ms = Math.min(delay_ms * 2, LAST_RETRY_MS);
        }
    }

    async #once(signal) {
        const fresh = this.#last === null;
        try {
            await follow(this.#url, {
                last: this.#last,
                silent_ms: SILENT_MS,
                signal,
                alive: () => this.#alive(fresh),
                event: (event) => this.#pass(event),
            });
        } catch (error) {
            return error.status ?? 0;
        }
        return 0;
    }

    #alive(fresh) {
        const was = this.state.phase;
        this.#become({ phase: 'live', alive_ms: Date.now(), retry_ms: 0 });
        if (was !== 'live' && fresh) {
            this.#resync();
        }
    }

    #pass(event) {
        if (event.type === 'resync') {
            this.#note(event.id);
            this.#resync();
            return;
        }
        let data = null;
        try {
            data = JSON.parse(event.data);
        } catch {
            return;
        }
        const known = { id: event.id ?? data.no ?? null, type: event.type, data };
        this.#note(known.id);
        this.#channel?.postMessage({ kind: 'event', event: known });
        this.dispatchEvent(new CustomEvent('event', { detail: known }));
    }

    #resync() {
        this.#channel?.postMessage({ kind: 'resync' });
        this.dispatchEvent(new Event('resync'));
    }

    #note(id) {
        if (id !== null && id !== undefined && id !== '') {
            this.#last = id;
        }
    }

    #become(state) {
        const said = state.phase !== this.state.phase || state.retry_ms !== this.state.retry_ms;
        this.state = state;
        if (said || state.alive_ms - this.#told_ms >= TELL_MS) {
            this.#told_ms = state.alive_ms;
            this.#channel?.postMessage({ kind: 'state', state });
        }
        if (said) {
            this.dispatchEvent(new CustomEvent('state', { detail: state }));
        }
    }

    // What the leading tab says to the others, and what they ask of it.
    #heard(message) {
        if (message.kind === 'ask' && this.#leads) {
            this.#channel.postMessage({ kind: 'state', state: this.state });
        } else if (message.kind === 'retry' && this.#leads) {
            this.#wake?.();
        } else if (message.kind === 'event' && !this.#leads) {
            this.#note(message.event.id);
            this.dispatchEvent(new CustomEvent('event', { detail: message.event }));
        } else if (message.kind === 'resync' && !this.#leads) {
            this.dispatchEvent(new Event('resync'));
        } else if (message.kind === 'state' && !this.#leads) {
            this.state = message.state;
            this.dispatchEvent(new CustomEvent('state', { detail: message.state }));
        }
    }

    #pause(ms, signal) {
        return new Promise((resolve) => {
            const timer = setTimeout(resolve, ms);
            this.#wake = () => {
                clearTimeout(timer);
                resolve();
            };
            signal.addEventListener('abort', this.#wake, { once: true });
        });
    }
}
