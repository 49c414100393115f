// A list of any length with only the rows in sight as elements. Rows have one height;
// what stands at the top of the window stays there when the items change, and the row
// that has the focus is kept however far it scrolls.

import { h } from './dom.js';

const SPARE_ROWS = 8;

export class WindowedList {
    #scroller;
    #body;
    #rows = new Map(); // key -> {element, index, item}
    #items = [];
    #index = new Map(); // key -> place in items
    #height = 44;
    #frame = 0;
    #make;
    #fill;
    #key;
    #keep = null;

    // make(): an empty row. fill(element, item, index): writes it. key(item): its identity.
    constructor(scroller, { make, fill, key, height }) {
        this.#scroller = scroller;
        this.#make = make;
        this.#fill = fill;
        this.#key = key;
        this.#height = height;
        this.#body = h('div', { class: 'window', role: 'rowgroup' });
        scroller.append(this.#body);
        scroller.addEventListener('scroll', () => this.#later(), { passive: true });
        this.observer = new ResizeObserver(() => this.#later());
        this.observer.observe(scroller);
    }

    destroy() {
        cancelAnimationFrame(this.#frame);
        this.observer.disconnect();
    }

    // New items; what is being read keeps its place.
    set(items) {
        const anchor = this.#anchor();
        this.#items = items;
        this.#index = new Map(items.map((item, index) => [this.#key(item), index]));
        this.#body.style.height = `${items.length * this.#height}px`;
        const place = anchor ? this.#index.get(anchor.key) : undefined;
        if (place !== undefined) {
            this.#scroller.scrollTop = place * this.#height + anchor.offset;
        }
        this.#draw();
    }

    setHeight(height) {
        if (height === this.#height) {
            return;
        }
        const top = this.#scroller.scrollTop / this.#height;
        this.#height = height;
        this.#body.style.height = `${this.#items.length * height}px`;
        this.#scroller.scrollTop = top * height;
        this.#draw();
    }

    // Writes one row again, if it is in sight.
    refresh(key, item) {
        const index = this.#index.get(key);
        if (index === undefined) {
            return;
        }
        this.#items[index] = item;
        const row = this.#rows.get(key);
        if (row) {
            row.item = item;
            this.#fill(row.element, item, index);
        }
    }

    refreshAll() {
        for (const [, row] of this.#rows) {
            this.#fill(row.element, row.item, row.index);
        }
    }

    // The row that must stay an element (it has or will get the focus).
    keep(key) {
        this.#keep = key;
        this.#draw();
    }

    element(key) {
        return this.#rows.get(key)?.element ?? null;
    }

    place(key) {
        return this.#index.get(key) ?? -1;
    }

    reveal(key) {
        const index = this.#index.get(key);
        if (index === undefined) {
            return;
        }
        const head = this.#body.offsetTop;
        const top = index * this.#height;
        const seen = this.#scroller.clientHeight - head;
        if (top < this.#scroller.scrollTop) {
            this.#scroller.scrollTop = top;
        } else if (top + this.#height > this.#scroller.scrollTop + seen) {
            this.#scroller.scrollTop = top + this.#height - seen;
        }
        this.#draw();
    }

    #anchor() {
        if (this.#items.length === 0 || this.#scroller.scrollTop < this.#height / 2) {
            return null;
        }
        const first = Math.min(this.#items.length - 1, Math.floor(this.#scroller.scrollTop / this.#height));
        return { key: this.#key(this.#items[first]), offset: this.#scroller.scrollTop - first * this.#height };
    }

    #later() {
        cancelAnimationFrame(this.#frame);
        this.#frame = requestAnimationFrame(() => this.#draw());
    }

    #wanted() {
        const first = Math.max(0, Math.floor(this.#scroller.scrollTop / this.#height) - SPARE_ROWS);
        const count = Math.ceil(this.#scroller.clientHeight / this.#height) + 2 * SPARE_ROWS;
        const last = Math.min(this.#items.length, first + count);
        const wanted = new Map();
        for (let index = first; index < last; index += 1) {
            wanted.set(this.#key(this.#items[index]), index);
        }
        const kept = this.#keep === null ? undefined : this.#index.get(this.#keep);
        if (kept !== undefined) {
            wanted.set(this.#keep, kept);
        }
        return wanted;
    }

    #draw() {
        const wanted = this.#wanted();
        const spare = [];
        for (const [key, row] of this.#rows) {
            if (!wanted.has(key)) {
                this.#rows.delete(key);
                spare.push(row.element);
            }
        }
        for (const [key, index] of wanted) {
            const item = this.#items[index];
            let row = this.#rows.get(key);
            if (!row) {
                row = { element: spare.pop() ?? this.#make(), index: -1, item: null };
                this.#rows.set(key, row);
                if (!row.element.isConnected) {
                    this.#body.append(row.element);
                }
            }
            if (row.index !== index || row.item !== item) {
                row.index = index;
                row.item = item;
                this.#fill(row.element, item, index);
            }
            row.element.style.transform = `translateY(${index * this.#height}px)`;
        }
        spare.forEach((element) => element.remove());
    }
}
