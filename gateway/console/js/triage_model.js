// The triage list's own rules, without a page: what is shown, in which order, and
// what waits. A shown row never moves and never goes by itself: what is new, and what
// no longer belongs here, waits until merge().

export const SEVERITIES = ['critical', 'major', 'minor'];
const rank = (alert) => {
    const place = SEVERITIES.indexOf(alert.severity);
    return place < 0 ? SEVERITIES.length : place;
};

const newestFirst = (a, b) => b.opened_ms - a.opened_ms || b.id - a.id;
const ORDERS = {
    severity: (a, b) => rank(a) - rank(b) || newestFirst(a, b),
    newest: newestFirst,
    oldest: (a, b) => -newestFirst(a, b),
};

export class Triage {
    #shown = new Map(); // id -> alert, in the order of the list
    #waiting = new Map(); // id -> alert, not yet in the list
    #left = new Set(); // ids in the list that no longer belong to it
    #order;
    #belongs;
    fresh = new Set(); // ids that the last merge brought in

    // `belongs(alert)` says whether an alert is one of this list's.
    constructor({ sort = 'severity', belongs = () => true } = {}) {
        this.#order = ORDERS[sort] ?? ORDERS.severity;
        this.#belongs = belongs;
    }

    // A page of the first load: goes below what is there.
    append(alerts) {
        for (const alert of alerts) {
            if (!this.#waiting.has(alert.id)) {
                this.#shown.set(alert.id, { ...this.#shown.get(alert.id), ...alert });
            }
        }
    }

    // A whole alert from the gateway. Returns 'new' when it now waits.
    offer(alert) {
        if (this.#shown.has(alert.id)) {
            this.patch(alert);
            return 'known';
        }
        if (!this.#belongs(alert)) {
            this.#waiting.delete(alert.id);
            return 'elsewhere';
        }
        const known = this.#waiting.has(alert.id);
        this.#waiting.set(alert.id, { ...this.#waiting.get(alert.id), ...alert });
        return known ? 'known' : 'new';
    }

    // A device fell silent or is back. Returns the ids of its alerts that are shown.
    sawPresence(device, presence) {
        const seen = [];
        for (const list of [this.#shown, this.#waiting]) {
            for (const alert of list.values()) {
                if (alert.device === device && presence) {
                    alert.presence = presence;
                    seen.push(alert.id);
                }
            }
        }
        return seen;
    }

    // What changed of an alert, from the feed or an action. False: it is not known here.
    patch(change) {
        const clean = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
        const waiting = this.#waiting.get(change.id);
        if (waiting) {
            this.offer({ ...waiting, ...clean });
            return true;
        }
        const shown = this.#shown.get(change.id);
        if (!shown) {
            return false;
        }
        const now = { ...shown, ...clean };
        this.#shown.set(change.id, now);
        if (this.#belongs(now)) {
            this.#left.delete(change.id);
        } else {
            this.#left.add(change.id);
        }
        return true;
    }

    merge() {
        this.fresh = new Set(this.#waiting.keys());
        const all = [...this.#shown.values()].filter((alert) => !this.#left.has(alert.id));
        all.push(...this.#waiting.values());
        all.sort(this.#order);
        this.#shown = new Map(all.map((alert) => [alert.id, alert]));
        this.#waiting.clear();
        this.#left.clear();
    }

    // Takes `alerts` as the whole truth of what was read again: what is not among
    // them and was shown has left, what is new waits.
    reconcile(alerts, complete) {
        const seen = new Set(alerts.map((alert) => alert.id));
        alerts.forEach((alert) => this.offer(alert));
        if (!complete) {
            return;
        }
        for (const id of this.#shown.keys()) {
            if (!seen.has(id)) {
                this.#left.add(id);
            }
        }
        for (const id of this.#waiting.keys()) {
            if (!seen.has(id)) {
                this.#waiting.delete(id);
            }
        }
    }

    get(id) {
        return this.#shown.get(id) ?? this.#waiting.get(id) ?? null;
    }

    hasLeft(id) {
        return this.#left.has(id);
    }

    get size() {
        return this.#shown.size;
    }

    pending(severities = null) {
        let fresh = 0;
        for (const alert of this.#waiting.values()) {
            fresh += !severities || severities.has(alert.severity) ? 1 : 0;
        }
        let left = 0;
        for (const id of this.#left) {
            const alert = this.#shown.get(id);
            left += alert && (!severities || severities.has(alert.severity)) ? 1 : 0;
        }
        return { fresh, left };
    }

    rows(severities = null) {
        const all = [...this.#shown.values()];
        return severities ? all.filter((alert) => severities.has(alert.severity)) : all;
    }

    // By severity, of the shown and the waiting: what there is, not what one has seen.
    counts() {
        const counts = { critical: 0, major: 0, minor: 0 };
        for (const [id, alert] of [...this.#shown, ...this.#waiting]) {
            if (!this.#left.has(id) && alert.severity in counts) {
                counts[alert.severity] += 1;
            }
        }
        return counts;
    }
}
