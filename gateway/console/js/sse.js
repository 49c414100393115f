// Reads server-sent events from a fetch body. EventSource hides the heartbeat
// comments, so a connection that died silently would look alive; here every byte
// counts as a sign of life, and Last-Event-ID can be given from the first request.

// push(text) returns the events that became complete: {id, type, data}.
export class EventParser {
    #rest = '';
    #event = { id: null, type: '', data: [] };

    push(text) {
        const events = [];
        this.#rest += text;
        const lines = this.#rest.split(/\r\n|\n|\r(?!$)/);
        this.#rest = lines.pop();
        for (const line of lines) {
            this.#line(line, events);
        }
        return events;
    }

    #line(line, events) {
        if (line === '') {
            const { id, type, data } = this.#event;
            if (data.length > 0 || type !== '') {
                events.push({ id, type: type || 'message', data: data.join('\n') });
            }
            this.#event = { id: null, type: '', data: [] };
            return;
        }
        const colon = line.indexOf(':');
        if (colon === 0) {
            return;
        }
        const field = colon < 0 ? line : line.slice(0, colon);
        const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
        if (field === 'id') {
            this.#event.id = value;
        } else if (field === 'event') {
            this.#event.type = value;
        } else if (field === 'data') {
            this.#event.data.push(value);
        }
    }
}

// Follows `url` until it ends, fails or falls silent for `silent_ms`. Calls alive()
// for every sign of life. Throws {status} for an answer that is not a feed.
export async function follow(url, { last, alive, event, silent_ms, signal }) {
    const stop = new AbortController();
    const forward = () => stop.abort();
    signal.addEventListener('abort', forward);
    let timer = 0;
    const watch = () => {
        clearTimeout(timer);
        timer = setTimeout(() => stop.abort(), silent_ms);
    };
    try {
        watch();
        const headers = { Accept: 'text/event-stream' };
        if (last !== null) {
            headers['Last-Event-ID'] = String(last);
        }
        const answer = await fetch(url, {
            headers, signal: stop.signal, cache: 'no-store', credentials: 'same-origin',
        });
        if (!answer.ok) {
            throw Object.assign(new Error('no feed'), { status: answer.status });
        }
        alive();
        await readAll(answer.body, (text, parser) => {
            watch();
            alive();
            parser.push(text).forEach(event);
        });
    } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', forward);
        stop.abort();
    }
}

async function readAll(body, chunk) {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    const parser = new EventParser();
    for (;;) {
        const { done, value } = await reader.read();
        if (done) {
            return;
        }
        chunk(decoder.decode(value, { stream: true }), parser);
    }
}
