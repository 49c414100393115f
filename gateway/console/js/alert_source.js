// Keeps a triage model true to the gateway: reads the list page by page, follows the
// feed, and reads again after a hole. Two truths race all the time, an answer that is
// on its way and an event that overtakes it; what was heard after a question was put
// wins over its answer.

import * as api from './api.js';
import { Triage } from './triage_model.js';

const PAGE = 500;
export const MOST = 10000;
const NEW_PAUSE_MS = 200;
const RETRY_MS = 2000;
const HEARD_MOST = 1000;

export class AlertSource {
    model = new Triage();
    complete = false;
    loading = false;
    #tell;
    #asked = { query: {}, belongs: () => false };
    #load = null;
    #again = null; // the reading again that runs now
    #heard = []; // the last changes that the feed told: [turn, alert]
    #turn = 0;
    #newIds = new Set();
    #newTimer = 0;
    #over = new AbortController();

    // tell: page() after each page, settle() when waiting rows changed, row(id),
    // fresh(alerts), heard(alert), presence(device, name), hole(), failed(error).
    constructor(feed, tell) {
        this.#tell = tell;
        const signal = this.#over.signal;
        feed.addEventListener('event', (event) => this.#hear(event.detail), { signal });
        feed.addEventListener('resync', () => this.#readAgain(), { signal });
    }

    destroy() {
        this.#over.abort();
        this.#load?.abort();
        clearTimeout(this.#newTimer);
    }

    // Reads from the start: {query, sort, belongs}. The first page shows at once.
    async read(asked) {
        this.#load?.abort();
        this.#load = new AbortController();
        const signal = this.#load.signal;
        const model = new Triage(asked);
        this.#asked = asked;
        [this.complete, this.loading] = [false, true];
        try {
            await this.#pages(signal, (alerts, more) => {
                model.append(alerts);
                this.model = model;
                [this.complete, this.loading] = [!more, more && model.size < MOST];
                this.#tell.page();
            });
        } catch (error) {
            if (error.name !== 'AbortError') {
                [this.model, this.loading] = [model, false];
                this.#tell.page();
                this.#tell.failed(error);
            }
        }
    }

    async #pages(signal, take) {
        const turn = this.#turn;
        let after = '';
        let count = 0;
        do {
            const query = api.query({ ...this.#asked.query, limit: PAGE, after });
            const page = await api.get(`/alerts${query}`, { signal });
            after = page.next ?? '';
            count += page.items.length;
            take(this.#freshen(page.items, turn), after !== '');
        } while (after && count < MOST);
    }

    // After a hole in the feed: reads all again; what differs waits in the model.
    async #readAgain() {
        const model = this.model;
        if (this.#again === model || (this.loading && model.size === 0)) {
            return;
        }
        this.#again = model;
        const all = [];
        let whole = false;
        try {
            await this.#pages(this.#over.signal, (alerts, more) => {
                all.push(...alerts);
                whole = !more;
            });
        } catch {
            return; // The feed's own state already tells that the gateway is not there.
        } finally {
            this.#again = null;
        }
        if (model === this.model) {
            model.reconcile(all, whole);
            this.#tell.settle();
        }
        this.#tell.hole();
    }

    #freshen(alerts, turn) {
        const later = new Map(this.#heard.filter(([at]) => at > turn).map(([, alert]) => [alert.id, alert]));
        return later.size === 0 ? alerts : alerts.map((alert) => ({ ...alert, ...later.get(alert.id) }));
    }

    #hear({ type, data }) {
        if (type === 'device.presence') {
            this.model.sawPresence(data?.device, data?.presence).forEach((id) => this.#tell.row(id));
            this.#tell.presence(data?.device, data?.presence);
        }
        if (!type.startsWith('alert.') || !data?.alert) {
            return;
        }
        const alert = data.alert;
        this.#turn += 1;
        this.#heard.push([this.#turn, alert]);
        this.#heard.splice(0, this.#heard.length - HEARD_MOST);
        if (this.model.patch(alert)) {
            this.#tell.row(alert.id);
            this.#tell.settle();
        } else if (this.#asked.belongs(alert)) {
            this.#newIds.add(alert.id);
            this.#newTimer ||= setTimeout(() => this.#fetchNew(), NEW_PAUSE_MS);
        }
        this.#tell.heard(alert);
    }

    // The feed tells no device name and no customer: new alerts are read whole, many at once
    // in one go. The gateway decides whether the filters let them in.
    async #fetchNew() {
        const ids = this.#newIds;
        this.#newIds = new Set();
        this.#newTimer = 0;
        if (ids.size > PAGE / 2) {
            this.#readAgain();
            return;
        }
        const [model, turn] = [this.model, this.#turn];
        const query = { ...this.#asked.query, sort: 'newest', limit: Math.max(50, ids.size * 2) };
        try {
            const page = await api.get(`/alerts${api.query(query)}`, { signal: this.#over.signal });
            const fresh = this.#freshen(page.items, turn).filter((alert) => ids.has(alert.id) && model.offer(alert) === 'new');
            if (model === this.model) {
                this.#tell.fresh(fresh);
                this.#tell.settle();
            }
        } catch (error) {
            if (error.name !== 'AbortError') {
                ids.forEach((id) => this.#newIds.add(id));
                this.#newTimer ||= setTimeout(() => this.#fetchNew(), RETRY_MS);
            }
        }
    }
}
